using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Syncs;

/// <summary>A bar whose tills are polled: a Square till and, when it is connected, a Toast restaurant, both against the simulator.</summary>
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

    /// <summary>A whole second, as a till may keep it.</summary>
    public static DateTimeOffset Today => new(Now.UtcDateTime.Date, TimeSpan.Zero);

    /// <summary>Without polling by itself: the test says when.</summary>
    public static async Task<TestVenue> CreateAsync(
        string database,
        int pageSize = 100,
        IReadOnlyDictionary<string, string?>? extraSettings = null
    )
    {
        var venue = await TestVenue.CreateAsync(
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
        await venue.DisableAutomaticSyncsAsync();
        return venue;
    }

    /// <summary>The clock starts no sync from here on.</summary>
    public static async Task DisableAutomaticSyncsAsync(this TestVenue venue) =>
        await venue.SqlAsync<int>("update integrations.pos_connections set sync_enabled = false");

    public static async Task<(ToastTill Till, Guid ConnectionId)> ConnectToastAsync(
        this TestVenue venue,
        RestaurantDraft? draft = null,
        string venueId = TestVenue.VenueId
    )
    {
        var account = venue.Simulator.Toast.Restaurants.Add(draft);
        var payload = (
            await venue.Moderator.GetDataAsync(
                "mutation($input: ConnectPosInput!) { connectPos(input: $input) { connection { id status } errors { code message field } } }",
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
        await venue.DisableAutomaticSyncsAsync();
        return (account, payload.At("connection.id").GetGuid());
    }

    /// <summary>Toast's staff have set the restaurant's webhook: its events come to the host, signed with this secret.</summary>
    public static async Task EnableToastWebhooksAsync(this TestVenue venue, ToastTill account, Guid connectionId, string secret)
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

    /// <summary>Asks for a sync and waits for its end; parked ones are sent on at once.</summary>
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
                    "mutation($input: SyncTransactionsInput!) { syncTransactions(input: $input) { runs { id } errors { code message field } } }",
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
                        { venue(id: "bar") { posConnections { syncRuns { nodes { id status trigger pages fetched created updated unchanged progress error { code message } from to } } } } }
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

    /// <summary>Every payment of the Square till stands here as it stands there, to the cent.</summary>
    public static async Task ShouldEqualSquareAsync(this TestVenue venue)
    {
        var expected = venue
            .Simulator.Ledger.Payments(venue.Seller.Location.Id)
            .Select(p => $"{p.Id} {StatusOf(p)} {p.Total} {p.Tip} {p.Refunded}")
            .Order(StringComparer.Ordinal);
        (await venue.GetStoredPaymentsAsync("2")).ShouldBe(expected);
    }

    public static async Task ShouldEqualToastAsync(this TestVenue venue, ToastTill account)
    {
        var expected = venue
            .Simulator.Toast.Ledger.Payments(account.Restaurant.Guid)
            .Where(p => !p.NoSale)
            .Select(p => $"{p.PaymentGuid} {StatusOf(p)} {p.Total} {p.Tip} {p.Refunded}")
            .Order(StringComparer.Ordinal);
        (await venue.GetStoredPaymentsAsync("1")).ShouldBe(expected);
    }

    private static async Task<IEnumerable<string>> GetStoredPaymentsAsync(this TestVenue venue, string provider) => (
            await venue.SqlAsync<string>(
                $"""
                select string_agg(external_id || ' ' || status || ' ' || total_minor || ' ' || tip_minor || ' ' || refunded_minor, E'\n')
                from ingestion.transactions where provider = {provider} and not (status = 4 and total_minor = 0)
                """
            ) ?? ""
        ).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);

    private static int StatusOf(Payment p) =>
        p.Status switch
        {
            PaymentStatus.Approved => 1,
            PaymentStatus.Canceled => 5,
            _ => p.Refunded == 0 ? 2
            : p.Refunded < p.Total ? 3
            : 4,
        };

    private static int StatusOf(ToastLine p) =>
        p.State switch
        {
            ToastPaymentStatus.Captured => p.Refunded == 0 ? 2
            : p.Refunded < p.Total ? 3
            : 4,
            ToastPaymentStatus.Authorized => 1,
            _ => 5,
        };
}
