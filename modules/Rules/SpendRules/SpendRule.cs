using GraphQL;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel.Amounts;

namespace Rules.SpendRules;

/// <summary>How close a guest is; higher ones come later in the list.</summary>
internal enum Tier : short
{
    /// <summary>Known, nothing earned yet.</summary>
    Guest = 0,

    /// <summary>Comes back.</summary>
    Regular = 1,

    /// <summary>Spends well.</summary>
    Platinum = 2,

    /// <summary>The inner circle.</summary>
    Whale = 3,
}

/// <summary>What a member may enter.</summary>
internal enum AccessLevel : short
{
    /// <summary>The public lobby.</summary>
    PublicLobby = 1,

    /// <summary>The inner circle.</summary>
    InnerCircle = 2,
}

/// <summary>What a guest must have spent, and when, to be unlocked a tier and access.</summary>
internal sealed class SpendRule
{
    /// <summary>A version-7 UUID.</summary>
    public Guid Id { get; init; }

    [Ignore]
    public required string VenueId { get; init; }

    /// <summary>For people.</summary>
    public required string Name { get; set; }

    /// <summary>Whether it is tried.</summary>
    public bool Enabled { get; set; }

    /// <summary>Higher ones are tried first.</summary>
    public int Priority { get; set; }

    [Ignore]
    public long ThresholdMinor { get; set; }

    [Ignore]
    public required string Currency { get; init; }

    /// <summary>The lifetime spend that is needed; only spend of this currency counts.</summary>
    public Money Threshold => new(ThresholdMinor, Currency);

    /// <summary>What it unlocks.</summary>
    public Tier UnlocksTier { get; set; }

    /// <summary>What it opens.</summary>
    public required IReadOnlyList<AccessLevel> GrantsAccess { get; set; }

    /// <summary>Whether only sales of the live window or, without one, of a live session count as the moment.</summary>
    public bool LiveOnly { get; set; }

    [Ignore]
    public int? LiveDays { get; private set; }

    [Ignore]
    public LocalTime? LiveStart { get; private set; }

    [Ignore]
    public LocalTime? LiveEnd { get; private set; }

    /// <summary>When the sale must be, in the venue's local time; null for any time.</summary>
    public LiveWindow? LiveWindow
    {
        get => LiveDays is { } days ? SpendRules.LiveWindow.FromDayMask(days, LiveStart!.Value, LiveEnd!.Value) : null;
        set => (LiveDays, LiveStart, LiveEnd) = (value?.DayMask, value?.Start, value?.End);
    }

    /// <summary>Whose live session it must be; null for anybody's or none.</summary>
    [Id]
    public string? PerformerId { get; set; }

    /// <summary>How often it has unlocked.</summary>
    public long TimesTriggered { get; init; }

    /// <summary>When it unlocked last.</summary>
    public Instant? LastTriggeredAt { get; init; }

    /// <summary>When it was made.</summary>
    public Instant CreatedAt { get; init; }

    /// <summary>When it was last changed by somebody.</summary>
    public Instant UpdatedAt { get; set; }

    [Ignore]
    public Instant? DeletedAt { get; set; }

    public static void Map(EntityTypeBuilder<SpendRule> rule)
    {
        rule.ToTable("spend_rules").HasKey(r => new { r.VenueId, r.Id });
        rule.HasIndex(r => r.Id).IsUnique();
        rule.Ignore(r => r.Threshold);
        rule.Ignore(r => r.LiveWindow);
        rule.Property(r => r.UnlocksTier).HasConversion<short>();
        rule.PrimitiveCollection(r => r.GrantsAccess).ElementType().HasConversion<short>();
    }
}
