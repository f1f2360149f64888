using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PosModular.Simulator;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>
/// A venue with a Square location connected end to end: database, simulator, host and webhook subscription. Most tests start from it.
/// </summary>
internal sealed class TestVenue : IAsyncDisposable
{
    public const string VenueId = "bar";
    public const string OwnerId = "owner";
    private readonly Lazy<NpgsqlDataSource> _dataSource;
    private int _eventCount;

    private TestVenue() => _dataSource = new(() => NpgsqlDataSource.Create(Database!));

    public required string Database { get; init; }
    public required RunningSimulator Simulator { get; init; }
    public required List<TestHost> Hosts { get; init; }
    public required Seller Seller { get; init; }
    public required IReadOnlyDictionary<string, string?> Settings { get; init; }
    public TestHost Host => Hosts[0];
    public static string OwnerToken { get; } = TestKeys.Token(OwnerId);
    public GraphQLClient Owner => new(Host, OwnerToken);
    public GraphQLClient Moderator => new(Host, TestKeys.Token("moderator", "HEAD_MODERATOR"));

    public Guid ConnectionId { get; private set; }
    public string NotificationUrl { get; private set; } = "";
    public string SignatureKey { get; private set; } = "";

    /// <summary>
    /// Connects the seller of the recorded samples: merchant 6SSW7HV8K2ST5, location S8GWD5R9QB376. Syncs are off unless the settings
    /// switch them on.
    /// </summary>
    public static async Task<TestVenue> CreateAsync(
        string database,
        Action<IServiceCollection>? configureServices = null,
        IReadOnlyDictionary<string, string?>? settings = null,
        SimulatorSettings? simulatorSettings = null
    )
    {
        var simulator = await PosSimulator.StartAsync(simulatorSettings);
        var seller = simulator.Sellers.AddSeller(
            new SellerDraft
            {
                Name = "Bar",
                MerchantId = "6SSW7HV8K2ST5",
                LocationId = "S8GWD5R9QB376",
                TimeZone = "America/New_York",
                Currency = "USD",
                AccessToken = "access-token-" + Guid.NewGuid().ToString("N"),
            }
        );
        var hostSettings = new Dictionary<string, string?>
        {
            ["Pos:Square:BaseUrls:Sandbox"] = simulator.Address.ToString(),
            ["Pos:Toast:BaseUrls:Sandbox"] = simulator.Address.ToString(),
            ["Pos:PublicBaseUrl"] = "https://pos.example.test",
            // Most tests send exactly the webhooks they need; a sync would add transactions of its own.
            ["Pos:Syncs"] = "false",
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
            hostSettings[name] = value;
        var host = await TestHost.StartAsync(database, hostSettings, configureServices);
        var venue = new TestVenue
        {
            Database = database,
            Simulator = simulator,
            Hosts = [host],
            Seller = seller,
            Settings = hostSettings,
        };
        await venue.RegisterVenueAsync(VenueId, OwnerId);
        (venue.ConnectionId, venue.NotificationUrl, venue.SignatureKey) = await venue.ConnectSquareAsync(VenueId, seller);
        return venue;
    }

    public async Task<TestHost> AddHostAsync(
        Action<IServiceCollection>? configureServices = null,
        IReadOnlyDictionary<string, string?>? settings = null
    )
    {
        var host = await TestHost.StartAsync(Database, settings ?? Settings, configureServices);
        Hosts.Add(host);
        return host;
    }

    public async Task RegisterVenueAsync(string venueId, string ownerId, string timeZone = "America/New_York", string currency = "USD") => (
            await Moderator.GetDataAsync(
                "mutation($input: RegisterVenueInput!) { registerVenue(input: $input) { venue { id } errors { code message } } }",
                new
                {
                    input = new
                    {
                        id = venueId,
                        name = venueId,
                        timeZone = timeZone,
                        currency,
                        ownerUserIds = new[] { ownerId },
                    },
                }
            )
        ).At("registerVenue.errors").GetArrayLength().ShouldBe(0);

    public async Task<(Guid ConnectionId, string Url, string Key)> ConnectSquareAsync(string venueId, Seller seller)
    {
        var payload = (
            await Moderator.GetDataAsync(
                """
                mutation($input: ConnectPosInput!) {
                  connectPos(input: $input) {
                    connection { id status webhook { notificationUrl subscriptionId } }
                    errors { code message } } }
                """,
                new
                {
                    input = new
                    {
                        venueId,
                        credentials = new
                        {
                            provider = "SQUARE",
                            environment = "SANDBOX",
                            locationId = seller.Location.Id,
                            accessToken = seller.Token.Value,
                        },
                    },
                }
            )
        ).At("connectPos");
        payload.At("errors").GetArrayLength().ShouldBe(0, payload.ToString());
        payload.At("connection.status").GetString().ShouldBe("CONNECTED");
        var subscription = payload.At("connection.webhook.subscriptionId").GetString();
        var key = Simulator.Subscriptions.All.Single(s => s.Id == subscription).SignatureKey;
        return (payload.At("connection.id").GetGuid(), payload.At("connection.webhook.notificationUrl").GetString()!, key);
    }

    /// <summary>Posts a body as Square would: signed for the notification URL, sent to the address where the host listens.</summary>
    public async Task<HttpStatusCode> PostWebhookAsync(
        byte[] body,
        TestHost? host = null,
        string? signature = null,
        string? url = null,
        string? key = null
    )
    {
        using var response = await SendWebhookAsync(body, host, signature, url, key);
        return response.StatusCode;
    }

    public Task<HttpResponseMessage> SendWebhookAsync(
        byte[] body,
        TestHost? host = null,
        string? signature = null,
        string? url = null,
        string? key = null
    )
    {
        url ??= NotificationUrl;
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url).AbsolutePath) { Content = new ByteArrayContent(body) };
        request.Headers.TryAddWithoutValidation("x-square-hmacsha256-signature", signature ?? Sign(body, url, key ?? SignatureKey));
        return (host ?? Host).Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public static string Sign(byte[] body, string url, string key) =>
        Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(url).Concat(body).ToArray()));

    /// <summary>The body of a Square payment.updated event; amounts in minor units, minutes after 20:00 UTC.</summary>
    public byte[] PaymentEvent(
        string paymentId,
        long amount = 1000,
        string status = "COMPLETED",
        int minute = 0,
        string? eventId = null,
        string? locationId = null,
        string? fingerprint = null,
        string extraFields = "",
        string currency = "USD",
        long refunded = 0,
        string createdAt = "2026-11-20T20:00:00.000Z"
    ) =>
        Encoding.UTF8.GetBytes(
            $$"""
            {"merchant_id":"{{Seller.Merchant.Id}}","type":"payment.updated","event_id":"{{eventId
                ?? $"event-{Interlocked.Increment(ref _eventCount)}"}}",
            "created_at":"2026-11-20T20:00:00Z","data":{"type":"payment","id":"{{paymentId}}","object":{"payment":{"id":"{{paymentId}}",
            "status":"{{status}}","created_at":"{{createdAt}}","updated_at":"2026-11-20T{{20 + minute / 60:00}}:{{minute % 60:00}}:00.000Z",
            "location_id":"{{locationId ?? Seller.Location.Id}}","order_id":"order-{{paymentId}}","source_type":"CARD",{{extraFields}}
            "card_details":{"entry_method":"EMV","card":{"card_brand":"VISA","last_4":"1111","fingerprint":{{JsonSerializer.Serialize(
                fingerprint
            )}} } },
            "total_money":{"amount":{{amount.ToString(CultureInfo.InvariantCulture)}},"currency":"{{currency}}" },
            "refunded_money":{"amount":{{refunded.ToString(CultureInfo.InvariantCulture)}},"currency":"{{currency}}" } } } } }
            """
        );

    /// <summary>The body of a Square refund event; an unlinked refund if the payment id is null.</summary>
    public byte[] RefundEvent(
        string refundId,
        string? paymentId,
        long amount = 400,
        string status = "COMPLETED",
        int second = 0,
        string type = "refund.updated",
        string? eventId = null
    ) =>
        Encoding.UTF8.GetBytes(
            $$"""
            {"merchant_id":"{{Seller.Merchant.Id}}","type":"{{type}}","event_id":"{{eventId
                ?? $"event-{Interlocked.Increment(ref _eventCount)}"}}",
            "created_at":"2026-11-20T20:00:00Z","data":{"type":"refund","id":"{{refundId}}",
            "object":{"refund":{"id":"{{refundId}}","status":"{{status}}",
            "created_at":"2026-11-20T21:00:00.000Z","updated_at":"2026-11-20T21:00:{{second:00}}.000Z",
            "location_id":"{{Seller.Location.Id}}","payment_id":{{JsonSerializer.Serialize(paymentId)}},
            "amount_money":{"amount":{{amount.ToString(CultureInfo.InvariantCulture)}},"currency":"USD"},"reason":"spilt" } } } }
            """
        );

    /// <summary>Links a card to a user as a venue does: by the card token of its first transaction, a payment of 1.00.</summary>
    public async Task LinkCardAsync(string userId, string fingerprint)
    {
        await PostWebhookAsync(PaymentEvent("first-of-" + userId, amount: 100, fingerprint: fingerprint));
        var token = await SqlAsync<string>($"select card_token from ingestion.transactions where external_id = 'first-of-{userId}'");
        (
            await Owner.GetDataAsync(
                "mutation($input: LinkCardInput!) { linkCard(input: $input) { matchedTransactions errors { code } } }",
                new
                {
                    input = new
                    {
                        venueId = VenueId,
                        userId,
                        cardToken = token,
                    },
                }
            )
        ).At("linkCard").ToString().ShouldBe("""{"matchedTransactions":1,"errors":[]}""");
    }

    /// <summary>Returns when enough subscribers follow the venue's feed: from then on every posted webhook must reach them.</summary>
    public Task WaitForSubscribersAsync(int count = 1) => Wait.UntilAsync(() => Hosts.Sum(h => h.SubscriberCount("ingestion")) >= count);

    public async Task<T> SqlAsync<T>(string sql)
    {
        await using var command = _dataSource.Value.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is T value ? value : default!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in Hosts)
            await host.DisposeAsync();
        await Simulator.DisposeAsync();
        if (_dataSource.IsValueCreated)
            await _dataSource.Value.DisposeAsync();
    }
}
