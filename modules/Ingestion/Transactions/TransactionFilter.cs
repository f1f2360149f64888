using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Transactions;

/// <summary>Selects transactions. All conditions must hold.</summary>
internal sealed record TransactionFilter
{
    /// <summary>Payments made at or after this instant.</summary>
    public Instant? From { get; init; }

    /// <summary>Payments made before this instant.</summary>
    public Instant? To { get; init; }

    /// <summary>Transactions of this connection of the venue.</summary>
    [Id]
    public string? ConnectionId { get; init; }

    /// <summary>Transactions of this provider; beside connectionId, it must be the connection's.</summary>
    public Provider? Provider { get; init; }

    /// <summary>Transactions in one of these states.</summary>
    public IReadOnlyList<TransactionStatus>? Statuses { get; init; }

    /// <summary>Transactions paid by one of these methods.</summary>
    public IReadOnlyList<PaymentMethod>? PaymentMethods { get; init; }

    /// <summary>Transactions of this user.</summary>
    [Id]
    public string? UserId { get; init; }

    /// <summary>True selects transactions that are matched to a user, false those matched to nobody.</summary>
    public bool? Matched { get; init; }

    /// <summary>The minimum total, in minor units of the transaction's currency.</summary>
    public long? MinTotalMinor { get; init; }

    /// <summary>The maximum total, in minor units of the transaction's currency.</summary>
    public long? MaxTotalMinor { get; init; }

    /// <summary>The whole external id, order id or last four digits of the card, 1 to 200 characters.</summary>
    public string? Search { get; init; }

    /// <summary>Transactions of this business date and later ones, between the years 1900 and 2200.</summary>
    public LocalDate? BusinessDateFrom { get; init; }

    /// <summary>Transactions of this business date, which is included, and earlier ones, between the years 1900 and 2200.</summary>
    public LocalDate? BusinessDateTo { get; init; }

    /// <summary>Transactions made while this performer was on stage. Where live sessions overlap, the one that started last
    /// decides.</summary>
    [Id]
    public string? PerformerId { get; init; }

    /// <summary>Transactions of users who hold this tier at the venue now.</summary>
    public Tier? Tier { get; init; }

    /// <summary>Transactions with this card, by its token as Transaction.card.token returns it.</summary>
    public string? CardToken { get; init; }
}
