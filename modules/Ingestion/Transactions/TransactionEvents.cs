using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Webhooks;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Feed;

namespace Ingestion.Transactions;

/// <summary>The module's feed as other systems hear of it: each transaction once, when it is first authorised or captured.</summary>
internal static class TransactionEvents
{
    private const string Sql = """
        select v.venue_id, v.seq, v.added, v.transaction_id, v.recorded_at, v.provider, v.status, v.currency, v.total_minor, v.tip_minor,
          v.payment_method, v.user_id, v.occurred_at
        from ingestion.transaction_versions v
        where v.venue_id = b.venue_id and v.seq > b.seq order by v.seq
        """;

    public static FeedSource Source { get; } =
        new FeedSource<VenueEvent?>(
            VenueEventsOccurred.TransactionsFeed,
            "ingestion.feed_heads",
            Sql,
            ReadEvent,
            events => events.OfType<VenueEvent>().ToArray() is { Length: > 0 } added ? new VenueEventsOccurred(added) : null,
            signal: TransactionsChanged.Feed
        );

    private static VenueEvent? ReadEvent(NpgsqlDataReader row, int at)
    {
        if (!row.GetBoolean(at + 2))
            return null;
        var (venueId, transactionId) = (row.GetString(at), row.GetGuid(at + 3));
        var (currency, userId) = (row.GetString(at + 7), row.IsDBNull(at + 11) ? null : row.GetString(at + 11));
        return VenueEvent.Of(
            venueId,
            VenueEventTypes.TransactionCreated,
            userId is null ? "transaction:" + transactionId : VenueEvent.Member(userId),
            row.GetFieldValue<Instant>(at + 4),
            new
            {
                venueId,
                transactionId,
                userId,
                provider = (Provider)row.GetInt16(at + 5),
                status = (TransactionStatus)row.GetInt16(at + 6),
                total = new { amountMinor = row.GetInt64(at + 8), currency },
                tip = new { amountMinor = row.GetInt64(at + 9), currency },
                paymentMethod = (PaymentMethod)row.GetInt16(at + 10),
                occurredAt = row.GetFieldValue<Instant>(at + 12),
            }
        );
    }
}
