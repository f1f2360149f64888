using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PosModular.Simulator.Demo;

/// <summary>The product's GraphQL API, as far as the demo needs it. What goes wrong throws <see cref="DemoFailed"/> with a line for people.</summary>
internal sealed class PosModularApi(DemoSettings settings) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = settings.Target,
        Timeout = TimeSpan.FromSeconds(60),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", settings.Token) },
    };

    /// <summary>Whether /health/ready answers 200; not being there yet is no failure.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken ct)
    {
        try
        {
            using var answer = await http.GetAsync("health/ready", ct);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>False when it was registered before.</summary>
    public async Task<bool> RegisterVenueAsync(CancellationToken ct)
    {
        var payload = await MutateAsync(
            "registerVenue",
            "mutation Register($input: RegisterVenueInput!) { registerVenue(input: $input) { venue { id } errors { code message field } } }",
            new JsonObject
            {
                ["id"] = DemoVenue.Id,
                ["name"] = DemoVenue.Name,
                ["timeZone"] = DemoVenue.TimeZone,
                ["currency"] = DemoVenue.Currency,
                ["dayCutoff"] = DemoVenue.DayCutoff,
                ["ownerUserIds"] = new JsonArray(DemoVenue.Owner),
            },
            ct);
        return !Complaints(payload, "registerVenue");
    }

    /// <summary>The connection's status, or null when the product says that the till is connected already.</summary>
    public async Task<string?> ConnectPosAsync(CancellationToken ct)
    {
        var payload = await MutateAsync(
            "connectPos",
            "mutation Connect($input: ConnectPosInput!) { connectPos(input: $input) { connection { id status statusReason { message } } errors { code message field } } }",
            new JsonObject
            {
                ["venueId"] = DemoVenue.Id,
                ["credentials"] = new JsonObject
                {
                    ["provider"] = "SQUARE",
                    ["environment"] = "SANDBOX",
                    ["locationId"] = DemoVenue.Till.LocationId,
                    ["accessToken"] = DemoVenue.Till.AccessToken,
                },
            },
            ct);
        if (Complaints(payload, "connectPos")) return null;
        var connection = payload["connection"];
        var reason = connection?["statusReason"]?["message"]?.ToString();
        return connection?["status"] + (reason is null ? "" : $" ({reason})");
    }

    public void Dispose() => http.Dispose();

    private async Task<JsonNode> MutateAsync(string field, string query, JsonObject input, CancellationToken ct)
    {
        var body = new JsonObject { ["query"] = query, ["variables"] = new JsonObject { ["input"] = input } };
        try
        {
            using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync("graphql", content, ct);
            var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync(ct));
            if (json?["errors"] is JsonArray { Count: > 0 } errors) throw new DemoFailed($"{field}: {errors[0]?["extensions"]?["code"]} {errors[0]?["message"]}");
            return json?["data"]?[field] ?? throw new DemoFailed($"{field}: no data in the answer (HTTP {(int)answer.StatusCode}).");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            throw new DemoFailed($"{field}: {e.Message}");
        }
    }

    /// <summary>True for CONFLICT, false for no errors, a failure for anything else.</summary>
    private static bool Complaints(JsonNode payload, string field)
    {
        if (payload["errors"] is not JsonArray { Count: > 0 } errors) return false;
        var code = errors[0]?["code"]?.ToString();
        return code == "CONFLICT" ? true : throw new DemoFailed($"{field}: {code} {errors[0]?["message"]} {errors[0]?["field"]}");
    }
}
