using System.Security.Claims;
using GraphQL;
using Integrations.Contracts.Venues;
using PosModular.Kernel.Errors;

namespace Integrations.Contracts.Access;

/// <summary>The roles that a token can carry in its role claim.</summary>
public enum Role
{
    /// <summary>Operates the platform: registers venues and connects their points of sale, but cannot see a venue's
    /// transactions.</summary>
    HeadModerator,
}

/// <summary>The user who sends a request, as identified by the sub and role claims of their token.</summary>
/// <param name="UserId">The sub claim of the token.</param>
/// <param name="IsHeadModerator">Whether HEAD_MODERATOR is among the roles of the token.</param>
public sealed record Caller(string UserId, bool IsHeadModerator)
{
    public static Caller Of(ClaimsPrincipal? user) =>
        user?.FindFirst("sub")?.Value is { Length: > 0 } sub
            ? new Caller(sub, user.FindAll("role").Any(r => r.Value == "HEAD_MODERATOR"))
            : throw ApiError.Unauthenticated(
                "The request carries no token. Send one in the header Authorization: Bearer … (over WebSocket in "
                    + "connection_init: {\"authorization\": \"Bearer …\"})."
            );

    public bool Owns(IVenue venue) => venue.OwnerUserIds.Contains(UserId);
}

public static class CallerExtensions
{
    /// <summary>The caller of a GraphQL field. Throws UNAUTHENTICATED when the request carries no token.</summary>
    public static Caller Caller(this IResolveFieldContext context) => Integrations.Contracts.Access.Caller.Of(context.User);
}
