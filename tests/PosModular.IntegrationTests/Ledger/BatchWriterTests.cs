using System.Text;
using CsCheck;
using Ingestion.Contracts;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Time;

namespace PosModular.IntegrationTests.Ledger;

public sealed class BatchWriterTests(TestPostgres postgres, SharedTestVenue shared) : IClassFixture<SharedTestVenue>
{
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 20, 20, 0);

    private static readonly PaymentState[] States =
    [
        PaymentState.Pending,
        PaymentState.Authorized,
        PaymentState.Failed,
        PaymentState.Captured,
    ];

    private static PosPayment Payment(string id, PaymentState state, int second, long total, long refunded) =>
        new(
            id,
            "order",
            "location",
            state,
            Start,
            Start + Duration.FromSeconds(second),
            "USD",
            total,
            0,
            refunded,
            PaymentMethod.Card,
            new PosCard("VISA", "1111", "EMV", "f")
        );

    private static BatchItem WebhookItem(string venueId, string eventId, PosPayment payment)
    {
        var connection = new PosConnectionDetails(Guid.Empty, venueId, Provider.Square, "merchant");
        var row = new WebhookEventRow
        {
            Id = SystemClock.Instance.Now().NewId(),
            VenueId = venueId,
            EventId = eventId,
            Provider = Provider.Square,
            Type = "payment.updated",
            Status = WebhookEventStatus.Processed,
            ReceivedAt = Start,
            Attempts = 1,
            Payload = Encoding.UTF8.GetBytes(eventId),
        };
        return BatchItem.Of(connection, new PosObservations { Payments = [payment] }, VersionCause.Webhook, eventId, row);
    }

    private static BatchWriter CreateWriter(TestVenue venue) => venue.Host.Services.GetRequiredService<Func<BatchWriter>>()();

    [Fact]
    public async Task Forty_versions_of_one_payment_in_one_batch_leave_the_newest_current_and_are_all_kept()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await using var writer = CreateWriter(venue);
        var versions = Enumerable
            .Range(0, 40)
            .Select(i =>
                WebhookItem(
                    TestVenue.VenueId,
                    $"e{i}",
                    Payment("p1", i < 10 ? PaymentState.Authorized : PaymentState.Captured, i, 1000 + i, 0)
                )
            )
            .ToArray();
        new Random(7).Shuffle(versions);

        await writer.WriteAsync(versions, TestContext.Current.CancellationToken);
        await venue.Host.WhenIdleAsync();

        (await venue.SqlAsync<string>("select string_agg(status || ' ' || total_minor, ',') from ingestion.transactions")).ShouldBe(
            "2 1039"
        );
        (
            await venue.SqlAsync<string>(
                """
                select count(*) || ' ' || count(*) filter (where applied) || ' ' || count(*) filter (where added)
                from ingestion.transaction_versions
                """
            )
        ).ShouldBe("40 1 1");
        (await venue.SqlAsync<decimal>("select sum(total_minor) from analytics.revenue_buckets")).ShouldBe(1039);
    }

    /// <summary>
    /// The same events in any order, with repetitions and in batches of any size, by two writers at once, yield the same transactions.
    /// </summary>
    [Fact]
    public async Task Any_order_repetition_and_batching_over_two_writers_yields_the_same_state()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var cancellationToken = TestContext.Current.CancellationToken;
        var paymentGenerator = Gen.Select(
            Gen.Int[0, 4],
            Gen.Int[0, 3],
            Gen.Int[0, 3],
            Gen.Int[1, 5],
            Gen.Int[0, 3],
            (id, state, second, total, refunded) => Payment($"p{id}", States[state], second, total * 100, refunded * 50)
        );
        var rounds = 0;
        await Gen.Select(paymentGenerator.Array[1, 25], Gen.Int)
            .SampleAsync(
                async (payments, seed) =>
                {
                    var venueId = $"venue-{Interlocked.Increment(ref rounds)}";
                    var events = payments.Select((payment, i) => WebhookItem(venueId, $"e{i}", payment)).ToArray();
                    var random = new Random(seed);
                    var sent = events.Concat(events.Where(_ => random.Next(2) == 0)).ToArray();
                    random.Shuffle(sent);
                    var batches = sent.Chunk(random.Next(1, 9)).ToArray();

                    await Task.WhenAll(
                        Enumerable
                            .Range(0, 2)
                            .Select(async writerIndex =>
                            {
                                await using var writer = CreateWriter(venue);
                                foreach (var batch in batches.Where((_, i) => i % 2 == writerIndex))
                                    await writer.WriteAsync(batch, cancellationToken);
                            })
                    );

                    var expected = events
                        .Select(e => e.Payments.Single())
                        .GroupBy(s => s.Key.ExternalId)
                        .OrderBy(g => g.Key, StringComparer.Ordinal)
                        .Select(g => g.MaxBy(s => s.Version)!.Payment)
                        .Select(p => $"{p.ExternalId} {(short)StatusOf(p)} {p.TotalMinor} {Math.Min(p.RefundedMinor, p.TotalMinor)}");
                    (
                        await venue.SqlAsync<string>(
                            $"""
                            select string_agg(
                              external_id || ' ' || status || ' ' || total_minor || ' ' || refunded_minor, ',' order by external_id)
                            from ingestion.transactions where venue_id = '{venueId}'
                            """
                        )
                    ).ShouldBe(string.Join(',', expected));
                    (
                        await venue.SqlAsync<bool>(
                            $"""
                            select max(seq) = count(*) and max(seq) = (select seq from ingestion.feed_heads where venue_id = '{venueId}')
                            from ingestion.transaction_versions where venue_id = '{venueId}'
                            """
                        )
                    ).ShouldBeTrue();
                },
                iter: 60,
                threads: 1
            );
    }

    /// <summary>The same with refunds, unlinked refunds and orders; the orders in the fetch queue are written at the end.</summary>
    [Fact]
    public async Task Any_mixture_of_payments_refunds_and_orders_over_two_writers_yields_the_same_state()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var cancellationToken = TestContext.Current.CancellationToken;
        var connection = new PosConnectionDetails(Guid.NewGuid(), "", Provider.Square, "merchant");
        var factsGenerator = Gen.Select(Gen.Int[0, 6], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[1, 4])
            .Select(
                (kind, id, state, second, amount) =>
                    kind switch
                    {
                        <= 2 => new PosObservations
                        {
                            Payments = [Payment($"p{id}", States[state], second, amount * 100, 0) with { OrderId = "o" + id / 2 }],
                        },
                        <= 4 => new PosObservations
                        {
                            Refunds =
                            [
                                new PosRefund(
                                    $"r{id}",
                                    id == 3 ? null : $"p{id}",
                                    null,
                                    "location",
                                    (RefundState)state,
                                    amount * 30,
                                    "USD",
                                    null,
                                    Start,
                                    Start + Duration.FromSeconds(second)
                                ),
                            ],
                        },
                        5 => new PosObservations { Orders = [Order("o" + id / 2, second)] },
                        _ => new PosObservations { ChangedOrderIds = ["o" + id / 2] },
                    }
            );
        var rounds = 0;
        await Gen.Select(factsGenerator.Array[1, 25], Gen.Int)
            .SampleAsync(
                async (facts, seed) =>
                {
                    var round = Interlocked.Increment(ref rounds);
                    var newest = facts
                        .SelectMany(f => f.Orders)
                        .GroupBy(o => o.ExternalId)
                        .ToDictionary(g => g.Key, g => g.MaxBy(o => o.Version)!);
                    async Task<string> WriteAndReadStateAsync(string venueId, bool shuffle)
                    {
                        var venueConnection = connection with { VenueId = venueId };
                        var random = new Random(seed);
                        var sent = shuffle ? facts.Concat(facts.Where(_ => random.Next(2) == 0)).ToArray() : facts;
                        if (shuffle)
                            random.Shuffle(sent);
                        var batches = sent.Select(f => BatchItem.Of(venueConnection, f, VersionCause.Sync, "run"))
                            .Chunk(shuffle ? random.Next(1, 9) : 100)
                            .ToArray();
                        await Task.WhenAll(
                            Enumerable
                                .Range(0, 2)
                                .Select(async writerIndex =>
                                {
                                    await using var writer = CreateWriter(venue);
                                    foreach (var batch in batches.Where((_, i) => i % 2 == writerIndex))
                                        await writer.WriteAsync(batch, cancellationToken);
                                })
                        );
                        await using var lastWriter = CreateWriter(venue);
                        foreach (
                            var order in (
                                await venue.SqlAsync<string>(
                                    $"""
                                    select coalesce(string_agg(order_id, ','), '') from ingestion.order_fetches where venue_id = '{venueId}'
                                    """
                                )
                            ).Split(',', StringSplitOptions.RemoveEmptyEntries)
                        )
                            await lastWriter.WriteAsync(
                                [
                                    BatchItem.Of(
                                        venueConnection,
                                        new PosObservations { Orders = [newest.GetValueOrDefault(order) ?? Order(order, 0)] },
                                        VersionCause.Order,
                                        null
                                    ),
                                ],
                                cancellationToken
                            );
                        (
                            await venue.SqlAsync<bool>(
                                $"""
                                select coalesce(max(seq), 0) = count(*)
                                  and coalesce(max(seq), 0)
                                    = coalesce((select seq from ingestion.feed_heads where venue_id = '{venueId}'), 0)
                                from ingestion.transaction_versions where venue_id = '{venueId}'
                                """
                            )
                        ).ShouldBeTrue();
                        return await venue.SqlAsync<string>(
                            $"""
                            select coalesce(string_agg(concat_ws(' ', external_id, status, total_minor, refunded_minor,
                                case when status between {TransactionStatus.Authorized:D} and {TransactionStatus.Refunded:D}
                                  then concat_ws('/', tax_minor, discount_minor, service_charge_minor, breakdown_complete,
                                    order_version) end),
                                ', ' order by external_id), '')
                              || (select coalesce(
                                string_agg(concat_ws(' ', external_id, state, amount_minor), ', ' order by external_id), '')
                                from ingestion.refunds where venue_id = '{venueId}')
                            from ingestion.transactions where venue_id = '{venueId}'
                            """
                        );
                    }
                    (await WriteAndReadStateAsync($"shuffled-{round}", shuffle: true)).ShouldBe(
                        await WriteAndReadStateAsync($"ordered-{round}", shuffle: false)
                    );
                },
                iter: 60,
                threads: 1
            );
    }

    private static PosOrder Order(string id, long version) =>
        new(id, "location", version, "USD", new PosBreakdown(version * 10 + 1, version, 3));

    /// <summary>A write that accompanies a batch is committed with it or not at all.</summary>
    [Fact]
    public async Task A_page_and_its_progress_are_written_in_one_commit()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await using var writer = CreateWriter(venue);
        var cancellationToken = TestContext.Current.CancellationToken;
        await venue.SqlAsync<object?>("create table progress (created int, updated int, unchanged int); select null::text");
        var connection = new PosConnectionDetails(venue.ConnectionId, TestVenue.VenueId, Provider.Square, "merchant");
        BatchItem Page(int from, int second) =>
            BatchItem.Of(
                connection,
                new PosObservations
                {
                    Payments = [.. Enumerable.Range(from, 100).Select(i => Payment($"p{i}", PaymentState.Captured, second, 100, 0))],
                },
                VersionCause.Sync,
                "run-1"
            );
        static async Task SaveProgressAsync(NpgsqlConnection connection, BatchResult written, CancellationToken cancellationToken)
        {
            await using var command = new NpgsqlCommand("insert into progress values ($1, $2, $3)", connection)
            {
                Parameters =
                {
                    new() { Value = written.Created },
                    new() { Value = written.Updated },
                    new() { Value = written.Unchanged },
                },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await Should.ThrowAsync<InvalidOperationException>(
            writer.WriteAsync([Page(0, 0)], cancellationToken, (_, _, _) => throw new InvalidOperationException("the run has ended"))
        );
        (await venue.SqlAsync<long>("select count(*) from ingestion.transactions")).ShouldBe(0);

        var first = await writer.WriteAsync([Page(0, 0)], cancellationToken, SaveProgressAsync);
        await writer.WriteAsync([Page(50, 0)], cancellationToken, SaveProgressAsync);
        await writer.WriteAsync([Page(50, 1)], cancellationToken, SaveProgressAsync);
        await writer.WriteAsync([], cancellationToken, SaveProgressAsync);
        (first.Created, first.Updated, first.Unchanged).ShouldBe((100, 0, 0));
        (await venue.SqlAsync<string>("select string_agg(created || '/' || updated || '/' || unchanged, ' ') from progress")).ShouldBe(
            "100/0/0 50/0/50 0/100/0 0/0/0"
        );
        (await venue.SqlAsync<string>("select string_agg(distinct cause || cause_id, ' ') from ingestion.transaction_versions")).ShouldBe(
            "2run-1"
        );
    }

    private static TransactionStatus StatusOf(PosPayment p) =>
        p.State switch
        {
            PaymentState.Pending => TransactionStatus.Pending,
            PaymentState.Authorized => TransactionStatus.Authorized,
            PaymentState.Failed => TransactionStatus.Failed,
            PaymentState.Canceled => TransactionStatus.Canceled,
            _ => p.RefundedMinor == 0 ? TransactionStatus.Completed
            : p.RefundedMinor < p.TotalMinor ? TransactionStatus.PartiallyRefunded
            : TransactionStatus.Refunded,
        };

    /// <summary>A statement that was planned while the tables were empty must not keep a sequential scan.</summary>
    [Theory]
    [InlineData(nameof(LedgerSql.ReadTransactions), "text[], smallint[], text[]", "'{bar}', '{2}', '{p1}'", "transactions")]
    [InlineData(nameof(LedgerSql.ReadTransactionsOfOrders), "text[], smallint[], text[]", "'{bar}', '{2}', '{o1}'", "transactions")]
    [InlineData(
        nameof(LedgerSql.ReadRefunds),
        "text[], smallint[], text[], text[], smallint[], text[]",
        "'{bar}', '{2}', '{r1}', '{bar}', '{2}', '{p1}'",
        "refunds"
    )]
    [InlineData(nameof(LedgerSql.ReadIdentityLinks), "text[], text[]", "'{bar}', '{t}'", "identity_links")]
    [InlineData(nameof(LedgerSql.LockHeads), "text[]", "'{bar}'", "feed_heads")]
    public async Task The_reads_of_each_batch_use_an_index_also_when_planned_on_empty_tables(
        string statement,
        string types,
        string values,
        string table
    )
    {
        var sql = (string)typeof(LedgerSql).GetField(statement)!.GetValue(null)!;
        var venue = await shared.GetAsync();
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(venue.Database) { Pooling = false }.ConnectionString
        ); // PostgreSQL keeps plans for each session
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        async Task<string> RunAsync(string text)
        {
            await using var command = new NpgsqlCommand(text, connection);
            await using var rows = await command.ExecuteReaderAsync();
            var lines = new StringBuilder();
            while (await rows.ReadAsync())
                lines.AppendLine(rows.GetString(0));
            return lines.ToString();
        }
        await RunAsync(LedgerSql.SessionSettings);
        await RunAsync($"prepare hot ({types}) as {sql}");

        var plan = await RunAsync($"explain execute hot ({values})");

        plan.ShouldContain("Index");
        plan.ShouldNotContain("Seq Scan on " + table);
    }
}
