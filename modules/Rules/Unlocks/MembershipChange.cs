using GraphQL;
using NodaTime;

namespace Rules.Unlocks;

/// <summary>What changed for one member: exactly one of unlocked and revoked is set.</summary>
/// <param name="unlock">The unlock as it is now.</param>
/// <param name="seq">The sequence of the change in the venue's feed of memberships.</param>
/// <param name="isRevocation">Whether the unlock was revoked rather than given.</param>
internal sealed class MembershipChange(Unlock unlock, long seq, bool isRevocation)
{
    public const string CursorKind = "membership";

    [Ignore]
    public Unlock Unlock => unlock;

    [Ignore]
    public long Seq => seq;

    [Ignore]
    public bool IsRevocation => isRevocation;

    /// <summary>The change's position in the venue's feed of memberships; pass it to membershipChanged as after.</summary>
    public string Cursor => PosModular.Kernel.Paging.Cursor.EncodeSequence(CursorKind, unlock.VenueId, seq);

    /// <summary>When it changed.</summary>
    public Instant At => isRevocation ? unlock.RevokedAt!.Value : unlock.UnlockedAt;

    /// <summary>The unlock that was given, as it is now, even if it was revoked since; null for a revocation.</summary>
    public Unlock? Unlocked => isRevocation ? null : unlock;

    /// <summary>The unlock that was revoked; null for an unlock.</summary>
    public Unlock? Revoked => isRevocation ? unlock : null;

    /// <summary>Why it changed, in words for people.</summary>
    public string Reason =>
        isRevocation
            ? unlock.RevokedReason!
            : unlock.Reason ?? $"A lifetime spend of {unlock.SpendAtUnlock?.Formatted} met the rule {unlock.RuleName}.";
}
