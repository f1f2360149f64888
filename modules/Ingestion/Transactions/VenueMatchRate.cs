using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Ingestion.Transactions;

/// <summary>How many transactions are matched to a user.</summary>
/// <param name="Sales">The number of authorised and captured transactions.</param>
/// <param name="Matched">How many of them are matched to a user.</param>
/// <param name="Rate">The share of the sales that are matched to a user, from 0 to 1; 0 when there are no sales.</param>
/// <param name="Unmatched">Why the others are matched to nobody, most frequent reason first.</param>
internal sealed record MatchRate(long Sales, long Matched, double Rate, IReadOnlyList<UnmatchedReason> Unmatched);

/// <summary>A reason why transactions are matched to nobody.</summary>
/// <param name="Reason">The reason: CASH, NO_CARD_TOKEN, CARD_NOT_LINKED or PROVIDER_GIVES_NO_TOKEN.</param>
/// <param name="Sales">The number of transactions with this reason.</param>
internal sealed record UnmatchedReason(string Reason, long Sales);

/// <summary>How many transactions of a period are matched to a user, and why the others are not. For owners of the venue; INVALID_INPUT for
/// a day out of range, or a connection of another venue.</summary>
internal sealed class VenueMatchRate(NpgsqlDataSource database, IPosConnections connections, IVenues venues, IClock clock)
{
    // The whole days of UTC come from the roll-up, and what the period has of days at its two ends from the transactions themselves.
    private static readonly string Sql = $"""
        with counted as (
          select provider, outcome, count from ingestion.transaction_counts
          where venue_id = $1 and ($2::timestamptz is null or day >= $4::date) and ($3::timestamptz is null or day < $5::date)
            and ($6::uuid is null or connection_id = $6)
          union all
          select provider, ingestion.match_outcome(status, added_seq, user_id, payment_method, card_token), 1
          from ingestion.transactions
          where venue_id = $1 and occurred_at >= $2 and occurred_at < least($3::timestamptz, $4::date::timestamp at time zone 'UTC')
            and ($6::uuid is null or connection_id = $6)
          union all
          select provider, ingestion.match_outcome(status, added_seq, user_id, payment_method, card_token), 1
          from ingestion.transactions
          where venue_id = $1 and occurred_at >= greatest($4::date::timestamp, $5::date::timestamp) at time zone 'UTC' and occurred_at < $3
            and ($6::uuid is null or connection_id = $6))
        select case when outcome = {MatchOutcome.Matched:D} then 'MATCHED' when outcome = {MatchOutcome.Cash:D} then 'CASH'
          when provider = {Provider.Toast:D} then 'PROVIDER_GIVES_NO_TOKEN'
          when outcome = {MatchOutcome.NoCardToken:D} then 'NO_CARD_TOKEN' else 'CARD_NOT_LINKED' end, sum(count)::bigint
        from counted where outcome <> {MatchOutcome.NoSale:D}
        group by 1 having sum(count) > 0 order by 2 desc, 1
        """;

    /// <param name="period">The day, ISO week, month or year that contains the date on; ALL ignores the date.</param>
    /// <param name="on">A business date in the period; the venue's current business date if omitted.</param>
    /// <param name="connectionId">Counts only transactions of this connection; those of all connections if omitted.</param>
    public async Task<MatchRate> MatchRateAsync(
        [Parent] IVenue venue,
        RevenuePeriod period,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        LocalDate? on = null,
        [Id] string? connectionId = null
    )
    {
        var caller = context.Caller();
        caller.Demand(Right.ViewTransactions, venue);
        if (await connections.IsOfAnotherVenueAsync(connectionId, venue, venues, caller, cancellationToken))
            throw ApiError.InvalidInput("connectionId belongs to another venue. Pass a connection of this venue.");
        var span = venue.SpanOf(period, on ?? venue.BusinessDateOf(clock.Now()));
        await using var command = database
            .CreateCommand(Sql)
            .AddValues(
                venue.Id,
                SqlParameters.Nullable(NpgsqlDbType.TimestampTz, span?.From),
                SqlParameters.Nullable(NpgsqlDbType.TimestampTz, span?.To),
                SqlParameters.Nullable(NpgsqlDbType.Date, span is { } first ? FirstDayFrom(first.From) : null),
                SqlParameters.Nullable(NpgsqlDbType.Date, span?.To.InUtc().Date),
                SqlParameters.Nullable(
                    NpgsqlDbType.Uuid,
                    connectionId is null ? null
                        : Guid.TryParse(connectionId, out var id) ? id
                        : Guid.Empty
                )
            );
        var counts = new List<UnmatchedReason>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            counts.Add(new UnmatchedReason(row.GetString(0), row.GetInt64(1)));
        var (sales, matched) = (counts.Sum(c => c.Sales), counts.SingleOrDefault(c => c.Reason == "MATCHED")?.Sales ?? 0);
        return new MatchRate(sales, matched, sales == 0 ? 0 : (double)matched / sales, [.. counts.Where(c => c.Reason != "MATCHED")]);
    }

    private static LocalDate FirstDayFrom(Instant start)
    {
        var day = start.InUtc().Date;
        return day.AtMidnight().InUtc().ToInstant() < start ? day.PlusDays(1) : day;
    }
}
