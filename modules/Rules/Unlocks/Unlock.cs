using GraphQL;
using Ingestion.Contracts;
using NodaTime;
using PosModular.Kernel.Amounts;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>A tier and access levels that a user was given, by a spend rule or by hand.</summary>
internal sealed class Unlock(UnlockRow row)
{
    public const string CursorKind = "unlock";

    [Ignore]
    public string VenueId => row.VenueId;

    [Ignore]
    public Guid? RuleId => row.RuleId;

    /// <summary>The unlock's id, a version-7 UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>The unlock's position in the venue's feed of unlocks; pass it to tierUnlocked as after.</summary>
    public string Cursor => PosModular.Kernel.Paging.Cursor.EncodeSequence(CursorKind, row.VenueId, row.Seq);

    /// <summary>The name that the rule had when it gave the unlock; null for a grant by hand.</summary>
    public string? RuleName => row.RuleName;

    /// <summary>The user who was given the unlock.</summary>
    [Id]
    public string UserId => row.UserId;

    /// <summary>The tier that the unlock gives.</summary>
    public Tier Tier => row.Tier;

    /// <summary>The access levels that the unlock gives.</summary>
    public IReadOnlyList<AccessLevel> Access => row.Access;

    /// <summary>The transaction that met the rule; null for a grant by hand.</summary>
    public Guid? TransactionId => row.TransactionId;

    /// <summary>The user's lifetime spend including that transaction, in the rule's currency; null for a grant by hand.</summary>
    public Money? SpendAtUnlock => row.SpendMinor is { } minor ? new Money(minor, row.Currency!) : null;

    /// <summary>Why it was granted by hand, or how a rule came to it other than by a transaction; otherwise null.</summary>
    public string? Reason => row.Reason;

    /// <summary>When the unlock was given.</summary>
    public Instant UnlockedAt => row.UnlockedAt;

    /// <summary>When the unlock was revoked; null while it is in force.</summary>
    public Instant? RevokedAt => row.RevokedAt;

    /// <summary>Why the unlock was revoked; null while it is in force.</summary>
    public string? RevokedReason => row.RevokedReason;
}
