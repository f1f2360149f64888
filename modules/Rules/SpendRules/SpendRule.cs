using GraphQL;
using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Schema;

namespace Rules.SpendRules;

/// <summary>An area that a member may enter.</summary>
internal enum AccessLevel : short
{
    /// <summary>The public lobby.</summary>
    PublicLobby = 1,

    /// <summary>The inner circle.</summary>
    InnerCircle = 2,
}

/// <summary>How much a guest must have spent, and when they must buy, to unlock a tier and access.</summary>
internal sealed class SpendRule : INode
{
    /// <summary>The rule's id, a version-7 UUID.</summary>
    public Guid Id { get; init; }

    [Ignore]
    public required string VenueId { get; init; }

    /// <summary>The rule's name for people.</summary>
    public required string Name { get; set; }

    /// <summary>Whether the rule is evaluated.</summary>
    public bool Enabled { get; set; }

    /// <summary>Rules with a higher priority are evaluated first; equal ones by threshold, then by age.</summary>
    public int Priority { get; set; }

    [Ignore]
    public long ThresholdMinor { get; set; }

    [Ignore]
    public required string Currency { get; init; }

    /// <summary>The lifetime spend that is needed; only spend in this currency counts.</summary>
    public Money Threshold => new(ThresholdMinor, Currency);

    /// <summary>The tier that the rule unlocks.</summary>
    public Tier UnlocksTier { get; set; }

    /// <summary>The access levels that the rule grants.</summary>
    public required IReadOnlyList<AccessLevel> GrantsAccess { get; set; }

    /// <summary>True when only a transaction inside the live window or, without a window, during a live session can meet the
    /// rule.</summary>
    public bool LiveOnly { get; set; }

    [Ignore]
    public int? LiveDays { get; private set; }

    [Ignore]
    public LocalTime? LiveStart { get; private set; }

    [Ignore]
    public LocalTime? LiveEnd { get; private set; }

    /// <summary>The times of the week at which the transaction must take place, in the venue's local time; null for any time.</summary>
    public LiveWindow? LiveWindow
    {
        get => LiveDays is { } days ? SpendRules.LiveWindow.FromDayMask(days, LiveStart!.Value, LiveEnd!.Value) : null;
        set => (LiveDays, LiveStart, LiveEnd) = (value?.DayMask, value?.Start, value?.End);
    }

    /// <summary>The performer during whose live session the transaction must take place; null when the performer does not matter.</summary>
    [Id]
    public string? PerformerId { get; set; }

    /// <summary>How often the rule has unlocked, including unlocks that were revoked later.</summary>
    public long TimesTriggered { get; init; }

    /// <summary>When the rule last unlocked; null when it never has.</summary>
    public Instant? LastTriggeredAt { get; init; }

    /// <summary>When the rule was created.</summary>
    public Instant CreatedAt { get; init; }

    /// <summary>When somebody last changed the rule.</summary>
    public Instant UpdatedAt { get; set; }

    [Ignore]
    public Instant? DeletedAt { get; set; }

    /// <summary>A copy of the rule that is switched on, to try what it would do.</summary>
    [Ignore]
    public SpendRule AsEnabled()
    {
        var copy = Copy();
        (copy.Enabled, copy.DeletedAt) = (true, null);
        return copy;
    }

    /// <summary>The rule as it is at this moment.</summary>
    [Ignore]
    public SpendRule Copy() => (SpendRule)MemberwiseClone();

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
