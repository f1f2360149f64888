using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using PosModular.Simulator;
using PosModular.Simulator.Sellers;

namespace PosModular.Benchmarks;

/// <summary>A connected location: the URL of its webhooks and the key that signs them.</summary>
internal sealed record ConnectedLocation(string VenueId, string LocationId, string Url, byte[] Key);

/// <summary>A client of the host's GraphQL API.</summary>
internal sealed class BenchApi : IDisposable
{
    public const string SigningKey = "a signing key for benchmarks, of more than thirty-two bytes";

    /// <summary>The owners of every venue. The host limits what one user may do at once.</summary>
    public static readonly IReadOnlyList<string> Owners = ["owner", .. Enumerable.Range(2, 9).Select(i => $"owner-{i}")];

    private readonly HttpClient _http;

    public BenchApi(Uri address)
    {
        _http = new HttpClient { BaseAddress = address };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", CreateToken("owner", "HEAD_MODERATOR"));
    }

    public static string CreateToken(string userId, string? role = null)
    {
        var claims = new Dictionary<string, object> { ["sub"] = userId };
        if (role is not null)
            claims["role"] = role;
        return new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Claims = claims,
                SigningCredentials = new SigningCredentials(
                    new SymmetricSecurityKey(Encoding.UTF8.GetBytes(SigningKey)),
                    SecurityAlgorithms.HmacSha256
                ),
            }
        );
    }

    /// <summary>
    /// Registers a venue, connects a location and adds three rules: two that its guests reach during the warm-up, and one that is evaluated
    /// at each of their payments and never reached.
    /// </summary>
    public async Task<ConnectedLocation> CreateVenueAsync(RunningSimulator simulator, string venueId)
    {
        var seller = simulator.Sellers.AddSeller(new SellerDraft { AccessToken = "token-" + Guid.NewGuid().ToString("N") });
        await MutateAsync(
            "registerVenue",
            "RegisterVenueInput",
            "",
            new
            {
                id = venueId,
                name = venueId,
                timeZone = "Europe/Berlin",
                currency = "EUR",
                ownerUserIds = Owners,
            }
        );
        var webhook = (
            await MutateAsync(
                "connectPos",
                "ConnectPosInput",
                "connection { webhook { notificationUrl subscriptionId } }",
                new
                {
                    venueId,
                    credentials = new
                    {
                        provider = "SQUARE",
                        environment = "SANDBOX",
                        locationId = seller.Location.Id,
                        accessToken = seller.Token.Value,
                    },
                }
            )
        ).GetProperty("connection").GetProperty("webhook");
        foreach (var (tier, threshold) in new[] { ("REGULAR", 20), ("PLATINUM", 80), ("WHALE", 1_000_000) })
            await MutateAsync(
                "createSpendRule",
                "CreateSpendRuleInput",
                "",
                new
                {
                    venueId,
                    name = tier,
                    threshold,
                    unlocksTier = tier,
                }
            );
        var key = simulator.Subscriptions.All.Single(s => s.Id == webhook.GetProperty("subscriptionId").GetString()).SignatureKey;
        return new ConnectedLocation(
            venueId,
            seller.Location.Id,
            webhook.GetProperty("notificationUrl").GetString()!,
            Encoding.UTF8.GetBytes(key)
        );
    }

    /// <summary>Sends a single webhook.</summary>
    public async Task PostWebhookAsync(ConnectedLocation location, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(location.Url).AbsolutePath)
        {
            Content = new ByteArrayContent(body),
        };
        request.Headers.TryAddWithoutValidation("x-square-hmacsha256-signature", Webhook.Sign(body, location.Url, location.Key));
        using var answer = await _http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Sends a mutation and returns its payload; throws when it has errors.</summary>
    public async Task<JsonElement> MutateAsync(string mutation, string type, string fields, object input)
    {
        using var response = await _http.PostAsJsonAsync(
            "/graphql",
            new
            {
                query = $"mutation($input: {type}!) {{ r: {mutation}(input: $input) {{ {fields} errors {{ message }} }} }}",
                variables = new { input },
            }
        );
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        return
            answer.TryGetProperty("data", out var data)
            && data.GetProperty("r") is var payload
            && payload.GetProperty("errors").GetArrayLength() == 0
            ? payload
            : throw new InvalidOperationException($"{mutation}: {answer}");
    }

    /// <summary>The body of the response to a query; throws unless the status is a 2xx.</summary>
    public async Task<byte[]> QueryAsync(string query, object variables)
    {
        using var response = await _http.PostAsJsonAsync("/graphql", new { query, variables });
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync();
    }

    public void Dispose() => _http.Dispose();
}
