using PosModular.Simulator.Sellers;

namespace PosModular.Simulator.Demo;

/// <summary>A rule that stands ready at each venue of the demo; its name tells a second run that it is there.</summary>
/// <param name="Name">For people.</param>
/// <param name="Euros">Threshold; the same number of dollars, a hundred times as many yen.</param>
/// <param name="Tier">What it unlocks.</param>
/// <param name="Access">What it opens.</param>
/// <param name="Late">Only between 22:00 and 04:00 at the venue.</param>
internal sealed record DemoRule(string Name, int Euros, string Tier, string Access, bool Late)
{
    public static readonly IReadOnlyList<DemoRule> All =
    [
        new("Regulars", 50, "REGULAR", "PUBLIC_LOBBY", Late: false),
        new("Platinum", 400, "PLATINUM", "PUBLIC_LOBBY", Late: false),
        new("Whale of the night", 1_000, "WHALE", "INNER_CIRCLE", Late: true),
    ];
}

/// <summary>A venue of the demo. Ids and tokens never change, so that a second run meets its own database.</summary>
/// <param name="Id">In the product.</param>
/// <param name="Name">For people.</param>
/// <param name="TimeZone">IANA.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Country">ISO 3166.</param>
/// <param name="Performer">On stage from 22:00 to 02:00.</param>
/// <param name="Merchant">At the simulated Square, like the rest of <see cref="Till"/>.</param>
internal sealed record DemoVenue(
    string Id,
    string Name,
    string TimeZone,
    string Currency,
    string Country,
    string Performer,
    string Merchant
)
{
    public const string Owner = "demo-owner";
    public const string DayCutoff = "06:00";

    public static readonly IReadOnlyList<DemoVenue> All =
    [
        new("demo-bar", "Demo Bar Berlin", "Europe/Berlin", "EUR", "DE", "performer-nova", "7"),
        new("demo-club", "Demo Club New York", "America/New_York", "USD", "US", "performer-roxy", "8"),
        new("demo-izakaya", "Demo Izakaya Tokyo", "Asia/Tokyo", "JPY", "JP", "performer-kaze", "9"),
    ];

    public TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);

    /// <summary>In units of the currency.</summary>
    public long Threshold(DemoRule rule) => rule.Euros * (Currency == "JPY" ? 100L : 1L);

    public TillOrder Till =>
        new()
        {
            Name = Name,
            MerchantId = "DEMOMERCHANT" + Merchant,
            LocationId = "DEMOLOCATION" + Merchant,
            ApplicationId = "sq0idp-demo-application-" + Merchant,
            AccessToken = "demo-access-token-that-opens-nothing-but-the-simulator-" + Merchant,
            TimeZone = TimeZone,
            Currency = Currency,
            Country = Country,
        };
}
