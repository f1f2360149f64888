using GraphQL;
using NodaTime;
using PosModular.Kernel.Amounts;

namespace Rules.Simulations;

/// <summary>What a rule would have unlocked over the transactions that are there. Nothing is saved. It is tried as it would be when
/// applied: on each member's transactions in the order of their times, refunds subtracted from the payment on.</summary>
/// <param name="UsersUnlocked">The users for whom the rule would have unlocked, alreadyUnlocked included.</param>
/// <param name="AlreadyUnlocked">Those of them who hold the rule's tier or a higher one now.</param>
/// <param name="Today">Those of them for whom it would have unlocked on the business date that is running now.</param>
/// <param name="TransactionsRead">The transactions that were read: those of users who may have reached the threshold.</param>
/// <param name="First">The first 100 unlocks, the oldest first.</param>
internal sealed record RuleSimulation(
    long UsersUnlocked,
    long AlreadyUnlocked,
    long Today,
    long TransactionsRead,
    IReadOnlyList<SimulatedUnlock> First
);

/// <summary>An unlock that a rule would have given.</summary>
/// <param name="UserId">The user.</param>
/// <param name="TransactionId">The transaction that would have unlocked.</param>
/// <param name="At">When the payment was made.</param>
/// <param name="Spend">The user's spend at that time in the rule's currency, this transaction included.</param>
internal sealed record SimulatedUnlock([property: Id] string UserId, Guid TransactionId, Instant At, Money Spend);
