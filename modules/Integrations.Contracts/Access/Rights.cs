using Integrations.Contracts.Venues;
using PosModular.Kernel.Errors;

namespace Integrations.Contracts.Access;

/// <summary>What a caller can be allowed to do at a venue. Each value is a row of the table in docs/rights.md.</summary>
public enum Right
{
    /// <summary>See the venue's name, connections, sync runs, webhook events, audit log, rules and live sessions.</summary>
    ViewVenue,

    /// <summary>See the venue's transactions, revenue and members, including live subscriptions.</summary>
    ViewTransactions,

    /// <summary>Register and change venues; connect, change and disconnect points of sale; replay webhook events.</summary>
    ManageConnections,

    /// <summary>Start sync runs and reconciliations.</summary>
    StartSyncs,

    /// <summary>Change rules, live sessions and card links; grant and revoke unlocks.</summary>
    ManageMembers,
}

/// <summary>Decides who may do what. No other place does.</summary>
public static class Rights
{
    /// <summary>Whether a caller has a right at a venue, given their role and whether they own the venue.</summary>
    public static bool Allows(bool isHeadModerator, bool isOwner, Right right) =>
        right switch
        {
            Right.ViewVenue or Right.StartSyncs or Right.ManageMembers => isOwner || isHeadModerator,
            Right.ViewTransactions => isOwner,
            Right.ManageConnections => isHeadModerator,
            _ => false,
        };

    public static bool May(this Caller caller, Right right, IVenue venue) => Allows(caller.IsHeadModerator, caller.Owns(venue), right);

    /// <summary>Throws FORBIDDEN when the caller does not have the right at this venue.</summary>
    public static void Demand(this Caller caller, Right right, IVenue venue)
    {
        if (!caller.May(right, venue))
            throw Forbidden(right);
    }

    /// <summary>Throws FORBIDDEN when the caller does not have the right at any venue.</summary>
    public static void Demand(this Caller caller, Right right)
    {
        if (!Allows(caller.IsHeadModerator, isOwner: false, right))
            throw Forbidden(right);
    }

    private static ApiError Forbidden(Right right) =>
        ApiError.Forbidden(
            right switch
            {
                Right.ManageConnections => "Only a HEAD_MODERATOR may do this. Use a token that carries this role.",
                Right.ViewTransactions =>
                    "Only an owner of the venue may see its transactions, revenue and members. Ask a HEAD_MODERATOR to add "
                        + "you to the venue's ownerUserIds with updateVenue.",
                _ => "Only an owner of the venue or a HEAD_MODERATOR may do this. Use a token of one of them.",
            }
        );
}
