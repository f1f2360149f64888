using NodaTime;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>The conditions of a rule that are not met. The database stores the numbers.</summary>
[Flags]
internal enum UnmetConditions : short
{
    None = 0,

    /// <summary>The rule is switched off or deleted.</summary>
    Enabled = 1,

    /// <summary>The spend is below the threshold.</summary>
    Spend = 2,

    /// <summary>The spend is below the threshold, and the transaction is of a currency that the rule does not count.</summary>
    Currency = 4,

    /// <summary>The transaction took place outside the live window.</summary>
    LiveWindow = 8,

    /// <summary>The transaction took place outside every live session.</summary>
    LiveSession = 16,

    /// <summary>The transaction took place during live sessions of other performers only.</summary>
    Performer = 32,

    /// <summary>The transaction's connection excludes it from rules.</summary>
    RulesOn = 64,

    /// <summary>An unlock of the rule is in force already.</summary>
    NotYetUnlocked = 128,

    /// <summary>Somebody has revoked the rule's unlock by hand.</summary>
    NotRevokedByHand = 256,
}

/// <summary>The transaction on which a rule is tried.</summary>
/// <param name="OccurredAt">When the payment was made.</param>
/// <param name="Currency">The currency of the payment.</param>
/// <param name="RulesOff">Whether its connection excludes it from rules.</param>
internal sealed record TriedTransaction(Instant OccurredAt, string Currency, bool RulesOff);

/// <summary>What a rule says of a transaction.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="SpendMinor">The user's spend in the rule's currency, this transaction included.</param>
/// <param name="Unmet">The conditions that are not met.</param>
internal sealed record RuleFinding(SpendRule Rule, long SpendMinor, UnmetConditions Unmet)
{
    public bool IsMet => Unmet == UnmetConditions.None;
}

/// <summary>What the enabled rules said of a transaction, in the order of evaluation.</summary>
/// <param name="TransactionId">The transaction.</param>
/// <param name="Seq">The change of the transaction that raised the spend.</param>
/// <param name="Findings">One for each enabled rule.</param>
internal sealed record TransactionFindings(Guid TransactionId, long Seq, IReadOnlyList<RuleFinding> Findings);
