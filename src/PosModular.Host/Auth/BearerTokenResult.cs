using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;

namespace PosModular.Host.Auth;

/// <summary>
/// What a token turned out to be: a caller until a moment, or a problem in words that tell the caller what to do.
/// </summary>
internal sealed record BearerTokenResult(ClaimsPrincipal? User, DateTimeOffset ExpiresAt, string? RefusalReason)
{
    [MemberNotNullWhen(true, nameof(User))]
    [MemberNotNullWhen(false, nameof(RefusalReason))]
    public bool IsAccepted => User is not null;

    public static BearerTokenResult Refused(string reason) => new(null, default, reason);
}
