using PosModular.Simulator.Sellers;

namespace PosModular.Simulator.Demo;

/// <summary>The one venue of the demo. Its ids and its token never change, so that a second run meets its own database.</summary>
internal static class DemoVenue
{
    public const string Id = "demo-bar";
    public const string Name = "Demo Bar";
    public const string Owner = "demo-owner";
    public const string TimeZone = "Europe/Berlin";
    public const string Currency = "EUR";
    public const string DayCutoff = "06:00";

    public static readonly TillOrder Till = new()
    {
        Name = Name,
        MerchantId = "DEMOMERCHANT7",
        LocationId = "DEMOLOCATION7",
        ApplicationId = "sq0idp-demo-application",
        AccessToken = "demo-access-token-that-opens-nothing-but-the-simulator",
        TimeZone = TimeZone,
        Currency = Currency,
        Country = "DE",
    };
}
