using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>A simulator with one Toast restaurant, called over HTTP as the product does.</summary>
internal sealed class SimulatedToast : IAsyncDisposable
{
    public required RunningSimulator Simulator { get; init; }
    public required FakeTimeProvider Clock { get; init; }
    public required ToastAccount Account { get; init; }
    public required HttpClient Http { get; init; }
    public ToastLedger Ledger => Simulator.Toast.Ledger;
    public Guid Guid => Account.Restaurant.Guid;

    public static async Task<SimulatedToast> StartAsync(RestaurantDraft? restaurant = null)
    {
        var clock = new FakeTimeProvider();
        var simulator = await PosSimulator.StartAsync(
            new SimulatorSettings { Urls = "http://127.0.0.1:0", RetryScale = 0.0001 },
            clock,
            TestContext.Current.CancellationToken
        );
        var toast = new SimulatedToast
        {
            Simulator = simulator,
            Clock = clock,
            Account = simulator.Toast.Restaurants.Add(restaurant),
            Http = new HttpClient { BaseAddress = simulator.Address },
        };
        toast.Http.DefaultRequestHeaders.Add("Toast-Restaurant-External-ID", toast.Guid.ToString());
        await toast.LogInAsync();
        return toast;
    }

    /// <summary>Logs in; later calls carry the token.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> LogInAsync(string? secret = null)
    {
        using var response = await Http.PostAsJsonAsync(
            "/authentication/v1/authentication/login",
            new
            {
                clientId = Account.Client.ClientId,
                clientSecret = secret ?? Account.Client.ClientSecret,
                userAccessType = "TOAST_MACHINE_CLIENT",
            },
            TestContext.Current.CancellationToken
        );
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        if (response.IsSuccessStatusCode)
            Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", body.At("token.accessToken").GetString());
        return (response.StatusCode, body);
    }

    public async Task<(HttpStatusCode Status, JsonElement Body, string Link)> CallAsync(string path)
    {
        using var response = await Http.GetAsync(path, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return (response.StatusCode, body, response.Headers.TryGetValues("Link", out var links) ? string.Join(", ", links) : "");
    }

    /// <summary>Returns the body; fails unless the status is 200.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        var (status, body, _) = await CallAsync(path);
        status.ShouldBe(HttpStatusCode.OK, body.ToString());
        return body;
    }

    public static string Window(DateTimeOffset from, DateTimeOffset to) =>
        $"/orders/v2/ordersBulk?startDate={Date(from)}&endDate={Date(to)}";

    public static string Date(DateTimeOffset at) =>
        Uri.EscapeDataString(at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'+0000'", CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Simulator.DisposeAsync();
    }
}
