using System.Text;
using CsCheck;
using Ingestion.Contracts;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Npgsql;
using PosModular.IntegrationTests.House;
using PosModular.Kernel;
using PosModular.Kernel.Feed;

namespace PosModular.IntegrationTests.Ledger;

public sealed class BatchWriterTests(TestPostgres postgres)
{
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 20, 20, 0);

    private static PosPayment Payment(string id, PaymentState state, int second, long total, long refunded) => new(
        id, "order", "location", state, Start, Start + Duration.FromSeconds(second), "USD", total, 0, refunded, PaymentMethod.Card, new PosCard("VISA", "1111", "EMV", "f"));

    private static Intake Event(string venue, string eventId, PosPayment payment)
    {
        var till = new Till(Guid.Empty, venue, Provider.Square, "merchant");
        var row = new WebhookEventRow
        {
            Id = SystemClock.Instance.Now().NewId(),
            VenueId = venue,
            EventId = eventId,
            Provider = Provider.Square,
            Type = "payment.updated",
            Status = WebhookEventStatus.Processed,
            ReceivedAt = Start,
            Attempts = 1,
            Payload = Encoding.UTF8.GetBytes(eventId),
        };
        return new Intake(row, Sighting.Of(till, payment, Cause.Webhook, eventId));
    }

    private static BatchWriter Writer(Bar bar) => new(
        bar.Host.Services.GetRequiredService<NpgsqlDataSource>(), bar.Host.Services.GetRequiredService<FeedBell>(), SystemClock.Instance,
        bar.Host.Services.GetRequiredService<PlanRefresh>());

    [Fact]
    public async Task Forty_versions_of_one_payment_in_one_batch_end_in_the_newest_and_are_all_kept()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await using var writer = Writer(bar);
        var versions = Enumerable.Range(0, 40).Select(i => Event(Bar.VenueId, $"e{i}", Payment("p1", i < 10 ? PaymentState.Authorized : PaymentState.Captured, i, 1000 + i, 0))).ToArray();
        new Random(7).Shuffle(versions);

        await writer.WriteAsync(versions, TestContext.Current.CancellationToken);
        await bar.Host.WhenIdleAsync();

        (await bar.SqlAsync<string>("select string_agg(status || ' ' || total_minor, ',') from ingestion.transactions")).ShouldBe("2 1039");
        (await bar.SqlAsync<string>("select count(*) || ' ' || count(*) filter (where applied) || ' ' || count(*) filter (where added) from ingestion.transaction_versions")).ShouldBe("40 1 1");
        (await bar.SqlAsync<decimal>("select sum(total_minor) from analytics.revenue_buckets")).ShouldBe(1039);
    }

    /// <summary>Any order, repetition and cutting into batches of the same events, by two writers at once, ends in the same transactions and revenue.</summary>
    [Fact]
    public async Task Any_order_repetition_and_batching_over_two_writers_ends_in_the_same_state()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        var ct = TestContext.Current.CancellationToken;
        var genVersion = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[1, 5], Gen.Int[0, 3]);
        var round = 0;
        await Gen.Select(genVersion.Array[1, 25], Gen.Int).SampleAsync(async (versions, seed) =>
        {
            var venue = $"venue-{Interlocked.Increment(ref round)}";
            var events = versions.Select((v, i) => Event(venue, $"e{i}",
                Payment($"p{v.Item1}", (PaymentState)(v.Item2 == 3 ? 4 : v.Item2), v.Item3, v.Item4 * 100, v.Item5 * 50))).ToArray();
            var random = new Random(seed);
            var sent = events.Concat(events.Where(_ => random.Next(2) == 0)).ToArray();
            random.Shuffle(sent);
            var batches = sent.Chunk(random.Next(1, 9)).ToArray();

            await Task.WhenAll(Enumerable.Range(0, 2).Select(async half =>
            {
                await using var writer = Writer(bar);
                foreach (var batch in batches.Where((_, i) => i % 2 == half))
                    await writer.WriteAsync(batch, ct);
            }));

            var expected = events.Select(e => e.Sighting!).GroupBy(s => s.Key.ExternalId).OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => g.MaxBy(s => s.Version)!.Payment).Select(p => $"{p.ExternalId} {(short)Status(p)} {p.TotalMinor} {Math.Min(p.RefundedMinor, p.TotalMinor)}");
            (await bar.SqlAsync<string>($"select string_agg(external_id || ' ' || status || ' ' || total_minor || ' ' || refunded_minor, ',' order by external_id) from ingestion.transactions where venue_id = '{venue}'"))
                .ShouldBe(string.Join(',', expected));
            (await bar.SqlAsync<bool>($"select max(seq) = count(*) and max(seq) = (select seq from ingestion.feed_heads where venue_id = '{venue}') from ingestion.transaction_versions where venue_id = '{venue}'")).ShouldBeTrue();
        }, iter: 60, threads: 1);
    }

    private static TransactionStatus Status(PosPayment p) => p.State switch
    {
        PaymentState.Pending => TransactionStatus.Pending,
        PaymentState.Authorized => TransactionStatus.Authorized,
        PaymentState.Failed => TransactionStatus.Failed,
        PaymentState.Canceled => TransactionStatus.Canceled,
        _ => p.RefundedMinor == 0 ? TransactionStatus.Completed : p.RefundedMinor < p.TotalMinor ? TransactionStatus.PartiallyRefunded : TransactionStatus.Refunded,
    };

    /// <summary>A plan made while the tables were empty must not stay a sequential scan.</summary>
    [Theory]
    [InlineData(LedgerSql.ReadSales, "text[], smallint[], text[]", "'{bar}', '{2}', '{p1}'", "transactions")]
    [InlineData(LedgerSql.ReadLinks, "text[], text[]", "'{bar}', '{t}'", "card_links")]
    [InlineData(LedgerSql.LockHeads, "text[]", "'{bar}'", "feed_heads")]
    public async Task The_hot_reads_use_their_index_also_when_planned_on_empty_tables(string sql, string types, string values, string table)
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await using var connection = await bar.Host.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(TestContext.Current.CancellationToken);
        async Task<string> Run(string text)
        {
            await using var command = new NpgsqlCommand(text, connection);
            await using var rows = await command.ExecuteReaderAsync();
            var lines = new StringBuilder();
            while (await rows.ReadAsync())
                lines.AppendLine(rows.GetString(0));
            return lines.ToString();
        }
        await Run(LedgerSql.Session);
        await Run($"prepare hot ({types}) as {sql}");

        var plan = await Run($"explain execute hot ({values})");

        plan.ShouldContain("Index");
        plan.ShouldNotContain("Seq Scan on " + table);
    }
}
