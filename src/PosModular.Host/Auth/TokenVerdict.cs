using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;

namespace PosModular.Host.Auth;

/// <summary>
/// What a token turned out to be: a caller until a moment, or a problem in words that tell the caller what to do.
/// </summary>
internal sealed record TokenVerdict(ClaimsPrincipal? User, DateTimeOffset ExpiresAt, string? Problem)
{
    [MemberNotNullWhen(true, nameof(User))]
    [MemberNotNullWhen(false, nameof(Problem))]
    public bool Accepted => User is not null;

    public static TokenVerdict Refused(string problem) => new(null, default, problem);
}
