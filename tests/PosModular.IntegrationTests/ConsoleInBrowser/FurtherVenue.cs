using Integrations.Alerts;
using Microsoft.Extensions.DependencyInjection;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.ConsoleInBrowser;

/// <summary>A venue of its own on the shared host, with a Square location, in which a test takes payments.</summary>
internal sealed class FurtherVenue
{
    private const string ZoneId = "America/New_York";
    private readonly TestVenue _shared;
    private readonly Seller _seller;
    private readonly Guid _connectionId;
    private readonly string _notificationUrl;
    private readonly string _signatureKey;

    private FurtherVenue(TestVenue shared, string id, Seller seller, (Guid ConnectionId, string Url, string Key) connected)
    {
        (_shared, Id, _seller) = (shared, id, seller);
        (_connectionId, _notificationUrl, _signatureKey) = connected;
    }

    public string Id { get; }
    public TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(ZoneId);

    public static async Task<FurtherVenue> CreateAsync(TestVenue shared, string id, string currency = "USD")
    {
        var seller = AddSeller(shared, id, currency);
        await shared.RegisterVenueAsync(id, TestVenue.OwnerId, currency: currency);
        return new FurtherVenue(shared, id, seller, await shared.ConnectSquareAsync(id, seller));
    }

    public static Seller AddSeller(TestVenue shared, string id, string currency) =>
        shared.Simulator.Sellers.AddSeller(
            new SellerDraft
            {
                Name = id,
                MerchantId = "MERCHANT-" + id,
                LocationId = "LOCATION-" + id,
                ApplicationId = "application-" + id,
                TimeZone = ZoneId,
                Currency = currency,
                AccessToken = "access-token-" + Guid.NewGuid().ToString("N"),
            }
        );

    /// <summary>A venue that somebody else has connected to this seller.</summary>
    public static async Task<FurtherVenue> ConnectedAsync(TestVenue shared, string id, Seller seller)
    {
        var connection = (
            await shared.Moderator.GetDataAsync(
                "query($id: ID!) { venue(id: $id) { posConnections { id webhook { notificationUrl subscriptionId } } } }",
                new { id }
            )
        ).At("venue.posConnections")[0];
        var subscription = connection.At("webhook.subscriptionId").GetString();
        var key = shared.Simulator.Subscriptions.All.Single(s => s.Id == subscription).SignatureKey;
        return new FurtherVenue(
            shared,
            id,
            seller,
            (connection.At("id").GetGuid(), connection.At("webhook.notificationUrl").GetString()!, key)
        );
    }

    public Uri AddressOf(string screen, Uri? host = null) => ConsoleVenue.AddressOf(host ?? _shared.Host.Address, screen, Id);

    public Task PostPaymentAsync(
        string paymentId,
        long amount,
        string? createdAt = null,
        string status = "COMPLETED",
        int minute = 0,
        string? card = null
    ) =>
        _shared.PostWebhookAsync(
            _shared.PaymentEvent(
                $"{Id}-{paymentId}",
                amount,
                status,
                minute,
                locationId: _seller.Location.Id,
                fingerprint: card,
                createdAt: createdAt ?? TimeProvider.System.GetUtcNow().ToString("O"),
                currency: _seller.Location.Currency
            ),
            url: _notificationUrl,
            key: _signatureKey
        );

    /// <summary>Links the card of a payment to a user.</summary>
    public async Task LinkCardAsync(string userId, string paymentId)
    {
        var token = await _shared.SqlAsync<string>($"select card_token from ingestion.transactions where external_id = '{Id}-{paymentId}'");
        (
            await _shared.Owner.GetDataAsync(
                "mutation($input: LinkCardInput!) { linkCard(input: $input) { errors { code } } }",
                new
                {
                    input = new
                    {
                        venueId = Id,
                        userId,
                        cardToken = token,
                    },
                }
            )
        ).At("linkCard.errors").GetArrayLength().ShouldBe(0);
    }

    /// <summary>A payment of which the provider tells nobody.</summary>
    public void AddUnannouncedSale(long amount, DateTimeOffset at) =>
        _shared.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = _seller.Location.Id,
                Amount = amount,
                At = at,
                Captured = true,
                Announce = false,
            }
        );

    /// <summary>Lets the provider refuse the connection's token, as the alerts find it; null ends it.</summary>
    public async Task RefuseTokenAsync(string? message)
    {
        await _shared.SqlAsync<string>(
            message is null
                ? $"update integrations.pos_connections set last_error_at = null, last_error_code = null where id = '{_connectionId}'"
                : $"""
                update integrations.pos_connections set last_error_at = now() + interval '1 minute',
                  last_error_code = 'InvalidCredentials', last_error_message = '{message}' where id = '{_connectionId}'
                """
        );
        await _shared.Host.Services.GetRequiredService<AlertWatch>().RunAsync(TestContext.Current.CancellationToken);
    }

    public async Task StartSessionAsync(string performerId) =>
        (
            await _shared.Owner.GetDataAsync(
                "mutation($input: StartLiveSessionInput!) { startLiveSession(input: $input) { errors { code } } }",
                new { input = new { venueId = Id, performerId } }
            )
        )
            .At("startLiveSession.errors")
            .GetArrayLength()
            .ShouldBe(0);

    public async Task DisconnectAsync() =>
        (
            await _shared.Moderator.GetDataAsync(
                "mutation($id: ID!) { disconnectPos(input: { connectionId: $id }) { errors { code } } }",
                new { id = _connectionId }
            )
        )
            .At("disconnectPos.errors")
            .GetArrayLength()
            .ShouldBe(0);

    /// <summary>The net amounts of all transactions, the newest first, as the API formats them.</summary>
    public async Task<string[]> NetAmountsAsync()
    {
        const string Query = """
            query($id: ID!, $after: String) {
              venue(id: $id) {
                transactions(first: 200, after: $after) { nodes { net { formatted } } pageInfo { hasNextPage endCursor } } } }
            """;
        var amounts = new List<string>();
        for (string? after = null; ; )
        {
            var page = (await _shared.Owner.GetDataAsync(Query, new { id = Id, after })).At("venue.transactions");
            amounts.AddRange(page.At("nodes").EnumerateArray().Select(node => node.At("net.formatted").GetString()!));
            if (!page.At("pageInfo.hasNextPage").GetBoolean())
                return [.. amounts];
            after = page.At("pageInfo.endCursor").GetString();
        }
    }

    /// <summary>Returns when a page follows the transactions: from then on every payment must reach it.</summary>
    public Task WaitForSubscribersAsync() => Wait.UntilAsync(() => _shared.Host.SubscriberCount("ingestion", Id) > 0);
}
