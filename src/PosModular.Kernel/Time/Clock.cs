using NodaTime;

namespace PosModular.Kernel.Time;

/// <summary>Instants in whole microseconds, as PostgreSQL stores them.</summary>
public static class Clock
{
    /// <summary>The current time, truncated to the microsecond so that a stored value equals the value read back.</summary>
    public static Instant Now(this IClock clock) => clock.GetCurrentInstant().ToMicroseconds();

    /// <summary>Truncates to the microsecond; providers may send nine fractional digits.</summary>
    public static Instant ToMicroseconds(this Instant instant) => Instant.FromUnixTimeTicks(instant.ToUnixTimeTicks() / 10 * 10);

    /// <summary>A version-7 UUID of that instant; such ids sort by time of creation (RFC 9562 §5.7).</summary>
    public static Guid NewId(this Instant at) => Guid.CreateVersion7(at.ToDateTimeOffset());
}
