using PosModular.Host.Auth;

namespace PosModular.Host.GraphQL;

/// <summary>A stream outlives the moment it was allowed; this ends it when its token does.</summary>
internal static class CallerExpiry
{
    /// <summary>Timers reach 49 days (2³² ms). A token that lives longer outlives the host's deployments too.</summary>
    private static readonly TimeSpan Furthest = TimeSpan.FromDays(40);

    /// <summary>Calls <paramref name="then"/> once at the caller's expiry. Dispose to call it off.</summary>
    public static ITimer WhenExpired(this TokenVerdict caller, TimeProvider clock, Action then)
    {
        var left = caller.ExpiresAt - clock.GetUtcNow();
        var due = left < TimeSpan.Zero ? TimeSpan.Zero : left > Furthest ? Timeout.InfiniteTimeSpan : left;
        return clock.CreateTimer(_ => then(), null, due, Timeout.InfiniteTimeSpan);
    }
}
