namespace PosModular.Host.Auth;

/// <summary>A stream outlives the moment it was allowed; this ends it when its token does.</summary>
internal static class TokenExpiryTimer
{
    /// <summary>Timers reach 49 days (2³² ms). A token that lives longer outlives the host's deployments too.</summary>
    private static readonly TimeSpan MaxTimerDelay = TimeSpan.FromDays(40);

    /// <summary>Calls <paramref name="onExpired"/> once at the caller's expiry. Dispose to call it off.</summary>
    public static ITimer RunAtExpiry(this BearerTokenResult caller, TimeProvider time, Action onExpired)
    {
        var remaining = caller.ExpiresAt - time.GetUtcNow();
        var delay =
            remaining < TimeSpan.Zero ? TimeSpan.Zero
            : remaining > MaxTimerDelay ? Timeout.InfiniteTimeSpan
            : remaining;
        return time.CreateTimer(_ => onExpired(), null, delay, Timeout.InfiniteTimeSpan);
    }
}
