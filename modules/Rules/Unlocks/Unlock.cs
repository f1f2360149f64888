using GraphQL;
using NodaTime;
using PosModular.Kernel.Amounts;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>A tier and access that a user was given.</summary>
internal sealed class Unlock(UnlockRow row)
{
    public const string CursorKind = "unlock";

    [Ignore]
    public string VenueId => row.VenueId;

    [Ignore]
    public Guid? RuleId => row.RuleId;

    /// <summary>A version-7 UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>Pass it to tierUnlocked(after:).</summary>
    public string Cursor => PosModular.Kernel.Paging.Cursor.EncodeSequence(CursorKind, row.VenueId, row.Seq);

    /// <summary>Who has it.</summary>
    [Id]
    public string UserId => row.UserId;

    /// <summary>The tier it gives.</summary>
    public Tier Tier => row.Tier;

    /// <summary>The access it gives.</summary>
    public IReadOnlyList<AccessLevel> Access => row.Access;

    /// <summary>The sale that brought it; null for a grant by hand.</summary>
    public Guid? TransactionId => row.TransactionId;

    /// <summary>The lifetime spend with that sale.</summary>
    public Money? SpendAtUnlock => row.SpendMinor is { } minor ? new Money(minor, row.Currency!) : null;

    /// <summary>Why it was granted by hand.</summary>
    public string? Reason => row.Reason;

    /// <summary>When it was given.</summary>
    public Instant UnlockedAt => row.UnlockedAt;

    /// <summary>When it was taken back; null while it is in force.</summary>
    public Instant? RevokedAt => row.RevokedAt;

    /// <summary>Why it was taken back.</summary>
    public string? RevokedReason => row.RevokedReason;
}
