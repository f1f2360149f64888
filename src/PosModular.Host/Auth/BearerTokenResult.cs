using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;

namespace PosModular.Host.Auth;

/// <summary>
/// The result of validating a token: either the caller and the time until which the token is valid, or why it was refused and what to do.
/// </summary>
internal sealed record BearerTokenResult(ClaimsPrincipal? User, DateTimeOffset ExpiresAt, string? RefusalReason)
{
    [MemberNotNullWhen(true, nameof(User))]
    [MemberNotNullWhen(false, nameof(RefusalReason))]
    public bool IsAccepted => User is not null;

    public static BearerTokenResult Refused(string reason) => new(null, default, reason);
}
