using System.Security.Claims;
using GraphQL;
using Integrations.Contracts.Venues;
using PosModular.Kernel.Errors;

namespace Integrations.Contracts.Access;

/// <summary>Roles that a token may carry in its <c>role</c> claim.</summary>
public enum Role
{
    /// <summary>Runs the platform: registers venues and connects tills, but does not see a venue's sales.</summary>
    HeadModerator,
}

/// <summary>Who asks: the token's <c>sub</c> and <c>role</c> claims.</summary>
/// <param name="UserId">The <c>sub</c> claim.</param>
/// <param name="IsHeadModerator">Whether the role HEAD_MODERATOR is among the token's roles.</param>
public sealed record Caller(string UserId, bool IsHeadModerator)
{
    public static Caller Of(ClaimsPrincipal? user) =>
        user?.FindFirst("sub")?.Value is { Length: > 0 } sub
            ? new Caller(sub, user.FindAll("role").Any(r => r.Value == "HEAD_MODERATOR"))
            : throw ApiError.Unauthenticated(
                "Send a token: Authorization: Bearer … (over WebSocket in connection_init: {\"authorization\": \"Bearer …\"})."
            );

    public bool Owns(IVenue venue) => venue.OwnerUserIds.Contains(UserId);
}

public static class CallerExtensions
{
    /// <summary>Throws UNAUTHENTICATED without a token.</summary>
    public static Caller Caller(this IResolveFieldContext context) => Integrations.Contracts.Access.Caller.Of(context.User);
}
