using Integrations.Contracts.Venues;
using PosModular.Kernel.Errors;

namespace Integrations.Contracts.Access;

/// <summary>What somebody may want to do at a venue; the rows of the table in docs/rights.md.</summary>
public enum Right
{
    /// <summary>Name, connections, sync runs, webhook events, audit log, rules, live sessions.</summary>
    ViewVenue,

    /// <summary>Transactions, revenue and members, also live.</summary>
    ViewTransactions,

    /// <summary>Registering and changing venues, connecting, changing and disconnecting tills, replaying events.</summary>
    ManageConnections,

    /// <summary>Starting syncs.</summary>
    StartSyncs,

    /// <summary>Rules, live sessions, card links, grants and revocations.</summary>
    ManageMembers,
}

/// <summary>Who may what: the only place that decides it.</summary>
public static class Rights
{
    /// <summary>Whether a caller has a right at a venue that he does or does not own.</summary>
    public static bool Allows(bool isHeadModerator, bool isOwner, Right right) =>
        right switch
        {
            Right.ViewVenue or Right.StartSyncs or Right.ManageMembers => isOwner || isHeadModerator,
            Right.ViewTransactions => isOwner,
            Right.ManageConnections => isHeadModerator,
            _ => false,
        };

    public static bool May(this Caller caller, Right right, IVenue venue) => Allows(caller.IsHeadModerator, caller.Owns(venue), right);

    /// <summary>Throws FORBIDDEN when the caller has not this right at this venue.</summary>
    public static void Demand(this Caller caller, Right right, IVenue venue)
    {
        if (!caller.May(right, venue))
            throw Forbidden(right);
    }

    /// <summary>Throws FORBIDDEN when the caller has not this right whatever the venue.</summary>
    public static void Demand(this Caller caller, Right right)
    {
        if (!Allows(caller.IsHeadModerator, isOwner: false, right))
            throw Forbidden(right);
    }

    private static ApiError Forbidden(Right right) =>
        ApiError.Forbidden(
            right switch
            {
                Right.ManageConnections => "Only a HEAD_MODERATOR may do this. Use a token with that role.",
                Right.ViewTransactions =>
                    "Only an owner of the venue may see its sales. Ask a HEAD_MODERATOR to make you one (updateVenue, ownerUserIds).",
                _ => "Only an owner of the venue or a HEAD_MODERATOR may do this.",
            }
        );
}
