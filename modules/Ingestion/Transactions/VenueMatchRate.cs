using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;
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
/// a day out of range.</summary>
internal sealed class VenueMatchRate(NpgsqlDataSource database, IClock clock)
{
    private static readonly IEnumerable<string> PaidStatuses = Enum.GetValues<TransactionStatus>()
        .Where(s => s.IsPaid())
        .Select(s => s.ToString("D"));

    private static readonly string Sql = $"""
        select case when user_id is not null then 'MATCHED' when payment_method = {PaymentMethod.Cash:D} then 'CASH'
          when provider = {Provider.Toast:D} then 'PROVIDER_GIVES_NO_TOKEN'
          when card_token is null then 'NO_CARD_TOKEN' else 'CARD_NOT_LINKED' end, count(*)
        from ingestion.transactions where venue_id = $1 and status in ({string.Join(", ", PaidStatuses)}) and added_seq is not null
          and ($2::timestamptz is null or occurred_at >= $2) and ($3::timestamptz is null or occurred_at < $3)
        group by 1 order by 2 desc, 1
        """;

    /// <param name="period">The day, ISO week, month or year that contains the date on; ALL ignores the date.</param>
    /// <param name="on">A business date in the period; the venue's current business date if omitted.</param>
    public async Task<MatchRate> MatchRateAsync(
        [Parent] IVenue venue,
        RevenuePeriod period,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        LocalDate? on = null
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        var span = venue.SpanOf(period, on ?? venue.BusinessDateOf(clock.Now()));
        await using var command = database
            .CreateCommand(Sql)
            .AddValues(
                venue.Id,
                SqlParameters.Nullable(NpgsqlDbType.TimestampTz, span?.From),
                SqlParameters.Nullable(NpgsqlDbType.TimestampTz, span?.To)
            );
        var counts = new List<UnmatchedReason>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            counts.Add(new UnmatchedReason(row.GetString(0), row.GetInt64(1)));
        var (sales, matched) = (counts.Sum(c => c.Sales), counts.SingleOrDefault(c => c.Reason == "MATCHED")?.Sales ?? 0);
        return new MatchRate(sales, matched, sales == 0 ? 0 : (double)matched / sales, [.. counts.Where(c => c.Reason != "MATCHED")]);
    }
}
