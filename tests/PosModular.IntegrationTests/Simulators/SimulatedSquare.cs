using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>A simulator with one Square seller, called over HTTP as the product does.</summary>
internal sealed class SimulatedSquare : IAsyncDisposable
{
    public required RunningSimulator Simulator { get; init; }
    public required FakeTimeProvider Clock { get; init; }
    public required Seller Seller { get; init; }
    public required HttpClient Http { get; init; }
    public string LocationId => Seller.Location.Id;

    public static async Task<SimulatedSquare> StartAsync(SimulatorSettings? settings = null, SellerDraft? sellerDraft = null)
    {
        var clock = new FakeTimeProvider();
        var simulator = await PosSimulator.StartAsync(
            (settings ?? new SimulatorSettings()) with
            {
                Urls = "http://127.0.0.1:0",
                RetryScale = 0.0001,
            },
            clock,
            TestContext.Current.CancellationToken
        );
        return new SimulatedSquare
        {
            Simulator = simulator,
            Clock = clock,
            Seller = simulator.Sellers.AddSeller(sellerDraft),
            Http = new HttpClient { BaseAddress = simulator.Address },
        };
    }

    public static JsonElement Sample(string name) => JsonDocument.Parse(Samples.Read(name)).RootElement;

    /// <summary>Calls Square with the seller's access token, unless another one is given.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> CallAsync(
        HttpMethod method,
        string path,
        object? body = null,
        string? token = null
    )
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? Seller.Token.Value);
        if (body is not null)
            request.Content = body is JsonElement json
                ? new StringContent(json.GetRawText(), Encoding.UTF8, "application/json")
                : JsonContent.Create(body);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken));
    }

    /// <summary>Returns the body; fails unless the status is 200.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        var (status, body) = await CallAsync(HttpMethod.Get, path);
        status.ShouldBe(HttpStatusCode.OK, body.ToString());
        return body;
    }

    /// <summary>Returns the body; fails unless the status is 200.</summary>
    public async Task<JsonElement> PostAsync(string path, object body)
    {
        var (status, response) = await CallAsync(HttpMethod.Post, path, body);
        status.ShouldBe(HttpStatusCode.OK, response.ToString());
        return response;
    }

    /// <summary>Returns the status and the code of the first error.</summary>
    public async Task<(HttpStatusCode Status, string? Code)> GetErrorAsync(
        HttpMethod method,
        string path,
        object? body = null,
        string? token = null
    )
    {
        var (status, response) = await CallAsync(method, path, body, token);
        return (status, response.At("errors.0.code").GetString());
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Simulator.DisposeAsync();
    }
}
