using System.Text;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator;

namespace PosModular.IntegrationTests.ConsoleInBrowser;

/// <summary>A venue in which every screen has something to show, and the venue "empty", which has nothing.</summary>
public sealed class ConsoleVenue(TestPostgres postgres) : IAsyncDisposable
{
    public const string EmptyVenueId = "empty";

    /// <summary>Text that harms a page which takes it for markup or lets it turn the direction of what follows.</summary>
    public const string HostileText = "<img src=x onerror=alert(1)>\u202Egnp.exe";

    private TestVenue? _venue;
    private RunningSimulator? _production;

    internal static Uri AddressOf(Uri host, string screen, string venueId = TestVenue.VenueId) => new(host, $"/venues/{venueId}/{screen}");

    internal async Task<TestVenue> GetAsync() => _venue ??= await CreateAsync();

    private async Task<TestVenue> CreateAsync()
    {
        _production = await PosSimulator.StartAsync();
        var venue = await TestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            settings: new Dictionary<string, string?>
            {
                ["Pos:Square:BaseUrls:Production"] = _production.Address.ToString(),
                ["Pos:OutgoingWebhooks:AllowPrivateAddresses"] = "true",
            }
        );
        await venue.RegisterVenueAsync(EmptyVenueId, TestVenue.OwnerId);
        (
            await venue.Owner.GetDataAsync(
                """
                mutation($name: String!, $performer: ID!) {
                  createSpendRule(input: { venueId: "bar", name: $name, threshold: 20, unlocksTier: REGULAR,
                    liveWindow: { days: [FRIDAY], start: "22:00", end: "04:00" }, liveOnly: true }) { errors { message } }
                  anytime: createSpendRule(input: { venueId: "bar", name: "Twenty", threshold: 20, unlocksTier: REGULAR }) {
                    errors { message } }
                  startLiveSession(input: { venueId: "bar", performerId: $performer }) { errors { message } } }
                """,
                new { name = HostileText, performer = HostileText }
            )
        ).ToString().ShouldBe("""{"createSpendRule":{"errors":[]},"anytime":{"errors":[]},"startLiveSession":{"errors":[]}}""");
        await venue.LinkCardAsync("guest", "card-of-guest");
        var now = TimeProvider.System.GetUtcNow();
        string At(int minutesAgo) => now.AddMinutes(-minutesAgo).ToString("O");
        byte[][] events =
        [
            venue.PaymentEvent("known", amount: 2500, fingerprint: "card-of-guest", createdAt: At(9)),
            venue.PaymentEvent("open", amount: 1250, status: "APPROVED", createdAt: At(8)),
            venue.PaymentEvent("refunded", amount: 4000, createdAt: At(7), refunded: 400),
            venue.RefundEvent("refund", "refunded"),
            venue.PaymentEvent("canceled", amount: 700, status: "CANCELED", createdAt: At(6)),
            venue.PaymentEvent("euros", amount: 900, currency: "EUR", createdAt: At(5)),
            venue.RefundEvent("without-payment", "of-another-system", amount: 300),
            venue.PaymentEvent("elsewhere", locationId: "ANOTHERLOCATION"),
            Encoding.UTF8.GetBytes("""{"merchant_id":"6SSW7HV8K2ST5","type":"payment.updated","event_id":"broken","data":{"id":"x"}}"""),
        ];
        foreach (var body in events)
            await venue.PostWebhookAsync(body);
        await venue.Host.WhenIdleAsync();
        return venue;
    }

    public async ValueTask DisposeAsync()
    {
        if (_venue is not null)
            await _venue.DisposeAsync();
        if (_production is not null)
            await _production.DisposeAsync();
    }
}
