namespace PosModular.Host.Auth;

/// <summary>Ends streams when the token that opened them expires.</summary>
internal static class TokenExpiryTimer
{
    /// <summary>Timers are limited to 49 days (2³² ms). A token that is valid for longer gets no timer; the host is restarted
    /// sooner.</summary>
    private static readonly TimeSpan MaxTimerDelay = TimeSpan.FromDays(40);

    /// <summary>Calls <paramref name="onExpired"/> once when the caller's token expires, unless the timer is disposed before.</summary>
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
