using System.Text.Json;
using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Syncs;

/// <summary>A venue that is synced with the simulator: a Square location and, once connected, a Toast restaurant.</summary>
internal static class SyncTestVenue
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    public static readonly IReadOnlyDictionary<string, string?> Settings = new Dictionary<string, string?>
    {
        ["Pos:Syncs"] = "true",
        ["Pos:Square:CallsPer10Seconds"] = "0",
        ["Pos:Toast:CallsPerSecond"] = "0",
        ["Pos:Toast:OrdersBulkPerSecond"] = "0",
    };

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>Midnight UTC of the current day.</summary>
    public static DateTimeOffset Today => new(Now.UtcDateTime.Date, TimeSpan.Zero);

    /// <summary>Creates a venue without automatic syncs; each test requests its own.</summary>
    public static async Task<TestVenue> CreateAsync(
        string database,
        int pageSize = 100,
        IReadOnlyDictionary<string, string?>? extraSettings = null
    )
    {
        await DisableAutomaticSyncsAsync(database);
        return await TestVenue.CreateAsync(
            database,
            AcceleratedTimeProvider.UseForProviders,
            (extraSettings ?? new Dictionary<string, string?>())
                .Concat(Settings)
                .DistinctBy(s => s.Key)
                .ToDictionary(s => s.Key, s => s.Value),
            new SimulatorSettings
            {
                Urls = "http://127.0.0.1:0",
                RetryScale = 0.001,
                PageSize = pageSize,
            }
        );
    }

    /// <summary>Turns scheduled syncs off for every connection that is made in this database, before the scheduler can see it.</summary>
    private static async Task DisableAutomaticSyncsAsync(string database)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            """
            create function public.disable_syncs() returns trigger language plpgsql as $$ begin
              new.sync_enabled := false; return new; end $$;
            create trigger disable_syncs before insert on integrations.pos_connections
              for each row execute function public.disable_syncs()
            """,
            connection
        );
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public static async Task<(ToastAccount Account, Guid ConnectionId)> ConnectToastAsync(
        this TestVenue venue,
        RestaurantDraft? draft = null,
        string venueId = TestVenue.VenueId
    )
    {
        var account = venue.Simulator.Toast.Restaurants.Add(draft);
        var payload = (
            await venue.Moderator.GetDataAsync(
                """
                mutation($input: ConnectPosInput!) {
                  connectPos(input: $input) { connection { id status } errors { code message field } } }
                """,
                new
                {
                    input = new
                    {
                        venueId = venueId,
                        credentials = new
                        {
                            provider = "TOAST",
                            environment = "SANDBOX",
                            locationId = account.Restaurant.Guid,
                            clientId = account.Client.ClientId,
                            clientSecret = account.Client.ClientSecret,
                        },
                    },
                }
            )
        ).At("connectPos");
        payload.At("errors").GetArrayLength().ShouldBe(0, payload.ToString());
        payload.At("connection.status").GetString().ShouldBe("CONNECTED");
        return (account, payload.At("connection.id").GetGuid());
    }

    /// <summary>Sets the webhook of the restaurant, as the staff of Toast do; its events are signed with this secret.</summary>
    public static async Task EnableToastWebhooksAsync(this TestVenue venue, ToastAccount account, Guid connectionId, string secret)
    {
        (
            await venue.Moderator.GetDataAsync(
                "mutation($input: UpdatePosConnectionInput!) { updatePosConnection(input: $input) { errors { code message } } }",
                new { input = new { connectionId = connectionId, webhookSignatureKey = secret } }
            )
        )
            .At("updatePosConnection.errors")
            .GetArrayLength()
            .ShouldBe(0);
        venue.Simulator.Toast.Restaurants.SetWebhook(
            account.Restaurant.Guid,
            new Uri(venue.Host.Address, $"/api/pos/webhooks/toast/{connectionId}").ToString(),
            secret
        );
    }

    /// <summary>Requests a sync and waits until it ends; requests it again while it is parked.</summary>
    public static async Task<JsonElement> SyncAsync(
        this TestVenue venue,
        Guid? connectionId = null,
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        TestHost? host = null
    )
    {
        var client = new GraphQLClient(host ?? venue.Host, TestKeys.Token(TestVenue.OwnerId));
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var payload = (
                await client.GetDataAsync(
                    """
                    mutation($input: SyncTransactionsInput!) {
                      syncTransactions(input: $input) { runs { id } errors { code message field } } }
                    """,
                    new
                    {
                        input = new
                        {
                            venueId = TestVenue.VenueId,
                            connectionId = connectionId ?? venue.ConnectionId,
                            from,
                            to,
                        },
                    }
                )
            ).At("syncTransactions");
            payload.At("errors").GetArrayLength().ShouldBe(0, payload.ToString());
            var run = await venue.WaitForSyncRunAsync(payload.At("runs.0.id").GetString()!, "COMPLETED", "PARKED", "FAILED", "CANCELED");
            if (run.At("status").GetString() != "PARKED")
                return run;
        }
    }

    public static async Task<JsonElement> WaitForSyncRunAsync(this TestVenue venue, string runId, params string[] statuses)
    {
        var found = default(JsonElement);
        await Wait.UntilAsync(
            async () =>
            {
                var runs = (
                    await venue.Owner.GetDataAsync(
                        """
                        { venue(id: "bar") { posConnections { syncRuns { nodes {
                          id status trigger pages fetched created updated unchanged progress error { code message } from to } } } } }
                        """
                    )
                ).At("venue.posConnections").EnumerateArray().SelectMany(c => c.At("syncRuns.nodes").EnumerateArray());
                found = runs.FirstOrDefault(r => r.At("id").GetString() == runId);
                return found.ValueKind == JsonValueKind.Object && statuses.Contains(found.At("status").GetString());
            },
            Timeout
        );
        return found;
    }

    /// <summary>Every payment of the Square location is stored with the same state and amounts.</summary>
    public static async Task ShouldEqualSquareAsync(this TestVenue venue)
    {
        var expected = venue
            .Simulator.Ledger.Payments(venue.Seller.Location.Id)
            .Select(p => $"{p.Id} {StatusOf(p):D} {p.Total} {p.Tip} {p.Refunded}")
            .Order(StringComparer.Ordinal);
        (await venue.GetStoredPaymentsAsync(Provider.Square)).ShouldBe(expected);
    }

    public static async Task ShouldEqualToastAsync(this TestVenue venue, ToastAccount account)
    {
        var expected = venue
            .Simulator.Toast.Ledger.Payments(account.Restaurant.Guid)
            .Where(p => !p.IsExcludedFromSales)
            .Select(p => $"{p.PaymentGuid} {StatusOf(p):D} {p.Total} {p.Tip} {p.Refunded}")
            .Order(StringComparer.Ordinal);
        (await venue.GetStoredPaymentsAsync(Provider.Toast)).ShouldBe(expected);
    }

    private static async Task<IEnumerable<string>> GetStoredPaymentsAsync(this TestVenue venue, Provider provider) => (
            await venue.SqlAsync<string>(
                $"""
                select string_agg(external_id || ' ' || status || ' ' || total_minor || ' ' || tip_minor || ' ' || refunded_minor, E'\n')
                from ingestion.transactions where provider = {provider:D}
                  and not (status = {TransactionStatus.Refunded:D} and total_minor = 0)
                """
            ) ?? ""
        ).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);

    private static TransactionStatus StatusOf(Payment p) =>
        p.Status switch
        {
            PaymentStatus.Approved => TransactionStatus.Authorized,
            PaymentStatus.Canceled => TransactionStatus.Canceled,
            _ => CapturedStatusOf(p.Total, p.Refunded),
        };

    private static TransactionStatus StatusOf(ToastPaymentSummary p) =>
        p.State switch
        {
            ToastPaymentStatus.Captured => CapturedStatusOf(p.Total, p.Refunded),
            ToastPaymentStatus.Authorized => TransactionStatus.Authorized,
            _ => TransactionStatus.Canceled,
        };

    private static TransactionStatus CapturedStatusOf(long total, long refunded) =>
        refunded == 0 ? TransactionStatus.Completed
        : refunded < total ? TransactionStatus.PartiallyRefunded
        : TransactionStatus.Refunded;
}
