using NodaTime;

namespace PosModular.Kernel.Time;

/// <summary>Instants as the database keeps them: whole microseconds.</summary>
public static class Clock
{
    /// <summary>Now, cut to the microsecond, so that what is written equals what is read back.</summary>
    public static Instant Now(this IClock clock) => clock.GetCurrentInstant().ToMicroseconds();

    /// <summary>The instant without what is finer than a microsecond (a till may send nine digits).</summary>
    public static Instant ToMicroseconds(this Instant instant) => Instant.FromUnixTimeTicks(instant.ToUnixTimeTicks() / 10 * 10);

    /// <summary>A version-7 UUID of that moment: sorts by time of creation (RFC 9562 §5.7).</summary>
    public static Guid NewId(this Instant at) => Guid.CreateVersion7(at.ToDateTimeOffset());
}
