using System.Globalization;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Toast;

namespace PosModular.Simulator.Demo;

/// <summary>A spend rule at each venue of the demo. A second run recognises it by its name.</summary>
/// <param name="Name">Display name.</param>
/// <param name="ThresholdEuros">Threshold in euros; the same number in dollars, a hundred times that in yen.</param>
/// <param name="Tier">The tier it unlocks.</param>
/// <param name="Access">The access level it grants.</param>
/// <param name="LateNightOnly">Whether it applies only between 22:00 and 04:00 at the venue.</param>
internal sealed record DemoRule(string Name, int ThresholdEuros, string Tier, string Access, bool LateNightOnly)
{
    public static readonly IReadOnlyList<DemoRule> All =
    [
        new("Regulars", 50, "REGULAR", "PUBLIC_LOBBY", LateNightOnly: false),
        new("Platinum", 400, "PLATINUM", "PUBLIC_LOBBY", LateNightOnly: false),
        new("Whale of the night", 1_000, "WHALE", "INNER_CIRCLE", LateNightOnly: true),
    ];
}

/// <summary>A venue of the demo. Ids and tokens never change, so that a second run finds its venues again.</summary>
/// <param name="Id">The venue's id.</param>
/// <param name="Name">Display name.</param>
/// <param name="TimeZone">IANA time zone.</param>
/// <param name="Currency">ISO 4217 currency.</param>
/// <param name="Country">ISO 3166 country.</param>
/// <param name="Performer">Id of the performer who is live from 22:00 to 02:00.</param>
/// <param name="IdSuffix">Distinguishes the ids of <see cref="Seller"/> or <see cref="Restaurant"/> from the other venues'; one hexadecimal
/// digit.</param>
/// <param name="IsToast">Whether its point of sale is Toast's and not Square's.</param>
internal sealed record DemoVenue(
    string Id,
    string Name,
    string TimeZone,
    string Currency,
    string Country,
    string Performer,
    string IdSuffix,
    bool IsToast = false
)
{
    public const string OwnerUserId = "demo-owner";
    public const string DayCutoff = "06:00";

    public static readonly IReadOnlyList<DemoVenue> All =
    [
        new("demo-bar", "Demo Bar Berlin", "Europe/Berlin", "EUR", "DE", "performer-nova", "7"),
        new("demo-club", "Demo Club New York", "America/New_York", "USD", "US", "performer-roxy", "8"),
        new("demo-izakaya", "Demo Izakaya Tokyo", "Asia/Tokyo", "JPY", "JP", "performer-kaze", "9"),
        new("demo-diner", "Demo Diner Chicago", "America/Chicago", "USD", "US", "performer-lux", "a", IsToast: true),
    ];

    public TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);

    /// <summary>The business date at a time, by the venue's clock and <see cref="DayCutoff"/>.</summary>
    public DateOnly BusinessDateOf(DateTimeOffset at) =>
        DateOnly.FromDateTime(
            TimeZoneInfo.ConvertTime(at, Zone).DateTime - TimeOnly.Parse(DayCutoff, CultureInfo.InvariantCulture).ToTimeSpan()
        );

    /// <summary>The rule's threshold in major units of the venue's currency.</summary>
    public long Threshold(DemoRule rule) => rule.ThresholdEuros * (Currency == "JPY" ? 100L : 1L);

    /// <summary>The location's id at the provider.</summary>
    public string LocationId => IsToast ? Restaurant.Guid.ToString()! : Seller.LocationId!;

    /// <summary>What a Square venue connects with.</summary>
    public SellerDraft Seller =>
        new()
        {
            Name = Name,
            MerchantId = "DEMOMERCHANT" + IdSuffix,
            LocationId = "DEMOLOCATION" + IdSuffix,
            ApplicationId = "sq0idp-demo-application-" + IdSuffix,
            AccessToken = "demo-access-token-that-opens-nothing-but-the-simulator-" + IdSuffix,
            TimeZone = TimeZone,
            Currency = Currency,
            Country = Country,
        };

    /// <summary>What a Toast venue connects with.</summary>
    public RestaurantDraft Restaurant =>
        new()
        {
            Guid = new Guid("00000000-0000-4000-8000-00000000000" + IdSuffix),
            Name = Name,
            LocationName = Name,
            TimeZone = TimeZone,
            CurrencyCode = Currency,
            CloseoutHour = 6,
            ClientId = "demo-client-" + IdSuffix,
            ClientSecret = "demo-secret-that-opens-nothing-but-the-simulator-" + IdSuffix,
        };

    /// <summary>A bearer token of the Toast client. It is the same in each run, so that a restarted demo needs no login: Toast allows two
    /// an hour.</summary>
    public string ToastToken => "demo-bearer-token-that-opens-nothing-but-the-simulator-" + IdSuffix;

    /// <summary>Signs the webhooks of the Toast venue.</summary>
    public string ToastWebhookSecret => "demo-webhook-secret-" + IdSuffix;
}
