using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Connections;

/// <summary>
/// Every reason for which a provider may refuse credentials is provoked once: each has its own code, and its message says what to do.
/// </summary>
public sealed class ProviderErrorTests(TestPostgres postgres)
{
    private const string Validate = """
        mutation($input: PosCredentialsInput!) { validatePosCredentials(input: $input) {
          valid locationName merchantName timeZone currency dayCutoff missingScopes errors { code message field } } }
        """;

    private static object Input(string location, string? token, string environment = "SANDBOX") =>
        new
        {
            input = new
            {
                provider = "SQUARE",
                environment,
                locationId = location,
                accessToken = token,
            },
        };

    private async Task<TestVenue> OpenAsync(IReadOnlyDictionary<string, string?>? settings = null) =>
        await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), AcceleratedTimeProvider.UseForProviders, settings);

    private static async Task<JsonElement> ValidateAsync(TestVenue venue, object input) =>
        (await venue.Moderator.GetDataAsync(Validate, input)).GetProperty("validatePosCredentials");

    private static async Task ShouldRefuseAsync(TestVenue venue, object input, string code, string field, string messagePart)
    {
        var payload = await ValidateAsync(venue, input);
        payload.At("valid").GetBoolean().ShouldBeFalse();
        var error = payload.At("errors").EnumerateArray().ShouldHaveSingleItem();
        (error.At("code").GetString(), error.At("field").GetString() ?? "").ShouldBe((code, field));
        error.At("message").GetString()!.ShouldContain(messagePart);
    }

    [Fact]
    public async Task Valid_credentials_return_the_names_of_the_location_and_save_nothing()
    {
        await using var venue = await OpenAsync();
        var seller = venue.Simulator.Sellers.AddSeller(
            new SellerDraft
            {
                Name = "Nightjar",
                LocationId = "NEWLOCATION",
                AccessToken = "new-access-token",
                TimeZone = "Europe/Berlin",
                Currency = "EUR",
            }
        );

        (await ValidateAsync(venue, Input(seller.Location.Id, " new-access-token\n")))
            .ToString()
            .ShouldBe(
                """{"valid":true,"locationName":"Nightjar","merchantName":"Nightjar","timeZone":"Europe/Berlin","currency":"EUR","""
                    + "\"dayCutoff\":null,\"missingScopes\":[],\"errors\":[]}"
            );

        (await venue.SqlAsync<long>("select count(*) from integrations.pos_connections")).ShouldBe(1);
        venue.Simulator.Requests.PaymentWrites.ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_mistake_has_its_own_code_and_message()
    {
        await using var venue = await OpenAsync();
        var (location, token) = (venue.Seller.Location.Id, venue.Seller.Token.Value);
        var sellerWithFewScopes = venue.Simulator.Sellers.AddSeller(
            new SellerDraft
            {
                LocationId = "POOR",
                AccessToken = "poor-token",
                OAuth = true,
                Scopes = ["PAYMENTS_READ"],
            }
        );
        venue.Simulator.Sellers.AddSeller(new SellerDraft { LocationId = "GONE", AccessToken = "revoked-token" });
        venue.Simulator.Sellers.RevokeToken("revoked-token");
        venue.Simulator.Sellers.AddSeller(
            new SellerDraft
            {
                LocationId = "OLD",
                AccessToken = "old-token",
                OAuth = true,
                ExpiresAt = TimeProvider.System.GetUtcNow().AddDays(-1),
            }
        );

        await ShouldRefuseAsync(venue, Input(location, null), "INVALID_INPUT", "credentials.accessToken", "Developer Dashboard");
        await ShouldRefuseAsync(venue, Input("", token), "INVALID_INPUT", "credentials.locationId", "Developer Dashboard");
        await ShouldRefuseAsync(
            venue,
            Input(location, "wrong-token"),
            "INVALID_CREDENTIALS",
            "credentials.accessToken",
            "does not accept this access token for SANDBOX"
        );
        await ShouldRefuseAsync(venue, Input("GONE", "revoked-token"), "INVALID_CREDENTIALS", "credentials.accessToken", "revoked");
        await ShouldRefuseAsync(venue, Input("OLD", "old-token"), "INVALID_CREDENTIALS", "credentials.accessToken", "expired");
        await ShouldRefuseAsync(venue, Input("UNKNOWN", token), "LOCATION_NOT_FOUND", "credentials.locationId", "no such location");
        await ShouldRefuseAsync(
            venue,
            Input(sellerWithFewScopes.Location.Id, "poor-token"),
            "PERMISSION_DENIED",
            "credentials.accessToken",
            "MERCHANT_PROFILE_READ, ORDERS_READ"
        );
        (await ValidateAsync(venue, Input(sellerWithFewScopes.Location.Id, "poor-token")))
            .At("missingScopes")
            .EnumerateArray()
            .Select(s => s.GetString())
            .ShouldBe(["MERCHANT_PROFILE_READ", "ORDERS_READ"]);
    }

    [Fact]
    public async Task A_sandbox_token_used_in_production_is_reported_as_such()
    {
        await using var production = await PosSimulator.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var venue = await OpenAsync(
            new Dictionary<string, string?> { ["Pos:Square:BaseUrls:Production"] = production.Address.ToString() }
        );

        await ShouldRefuseAsync(
            venue,
            Input(venue.Seller.Location.Id, venue.Seller.Token.Value, "PRODUCTION"),
            "INVALID_CREDENTIALS",
            "credentials.environment",
            "This access token belongs to SANDBOX"
        );
    }

    [Fact]
    public async Task An_unavailable_provider_is_distinguished_from_invalid_credentials()
    {
        await using var venue = await OpenAsync();
        var input = Input(venue.Seller.Location.Id, venue.Seller.Token.Value);

        async Task UnderAsync(Fault fault, string code, string says)
        {
            venue.Simulator.Faults.Clear();
            venue.Simulator.Faults.Add(fault with { Path = "/oauth2/token/status" });
            await ShouldRefuseAsync(venue, input, code, "", says);
        }
        await UnderAsync(new Fault { Status = 500 }, "PROVIDER_UNAVAILABLE", "try again");
        await UnderAsync(new Fault { Status = 503 }, "PROVIDER_UNAVAILABLE", "try again");
        await UnderAsync(new Fault { AbortConnection = true }, "PROVIDER_UNAVAILABLE", "try again");
        // Each attempt times out after ten seconds, which the accelerated time shortens to two.
        await UnderAsync(new Fault { DelayMs = 15_000 }, "PROVIDER_UNAVAILABLE", "try again");
        await UnderAsync(
            new Fault
            {
                Status = 429,
                Headers = new Dictionary<string, string> { ["Retry-After"] = "90" },
            },
            "RATE_LIMIT_EXCEEDED",
            "Try again in 90 seconds"
        );
        // A short Retry-After is waited for and not reported: the fourth attempt succeeds.
        venue.Simulator.Faults.Clear();
        venue.Simulator.Faults.Add(
            new Fault
            {
                Path = "/oauth2/token/status",
                Status = 429,
                Times = 3,
                Headers = new Dictionary<string, string> { ["Retry-After"] = "1" },
            }
        );
        (await ValidateAsync(venue, input)).At("valid").GetBoolean().ShouldBeTrue();
        // A refused call is never retried.
        venue.Simulator.Faults.Clear();
        venue.Simulator.Requests.Clear();
        await ShouldRefuseAsync(
            venue,
            Input(venue.Seller.Location.Id, "wrong-token"),
            "INVALID_CREDENTIALS",
            "credentials.accessToken",
            ""
        );
        venue.Simulator.Requests.Requests.Count(r => r.Status == 401).ShouldBe(1);
    }

    [Fact]
    public async Task Errors_in_a_success_are_a_failure_like_their_status()
    {
        await using var venue = await OpenAsync();
        var input = Input(venue.Seller.Location.Id, venue.Seller.Token.Value);
        (string Path, string Body, string Code, string Field)[] rows =
        [
            (
                "/oauth2/token/status",
                """{"errors":[{"category":"API_ERROR","code":"INTERNAL_SERVER_ERROR"}]}""",
                "PROVIDER_UNAVAILABLE",
                ""
            ),
            (
                "/oauth2/token/status",
                """{"errors":[{"category":"AUTHENTICATION_ERROR","code":"UNAUTHORIZED"}]}""",
                "INVALID_CREDENTIALS",
                "credentials.accessToken"
            ),
            ("/v2/locations", """{"errors":[{"category":"API_ERROR","code":"INTERNAL_SERVER_ERROR"}]}""", "PROVIDER_UNAVAILABLE", ""),
            ("/v2/locations", """{"errors":[{"code":"SERVICE_UNAVAILABLE"}],"location":{"id":"x"}}""", "PROVIDER_UNAVAILABLE", ""),
            (
                "/v2/locations",
                """{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"NOT_FOUND"}]}""",
                "LOCATION_NOT_FOUND",
                "credentials.locationId"
            ),
            ("/v2/locations", "[]", "PROVIDER_UNAVAILABLE", ""),
            ("/v2/locations", """{"location":null}""", "PROVIDER_UNAVAILABLE", ""),
            ("/v2/locations", """{"location":[]}""", "PROVIDER_UNAVAILABLE", ""),
        ];
        foreach (var (path, body, code, field) in rows)
        {
            venue.Simulator.Faults.Clear();
            venue.Simulator.Faults.Add(
                new Fault
                {
                    Path = path,
                    Status = 200,
                    Body = body,
                }
            );
            await ShouldRefuseAsync(venue, input, code, field, "");
        }
    }

    [Fact]
    public async Task Errors_in_a_success_of_Toast_are_a_failure_like_their_status()
    {
        await using var venue = await OpenAsync();
        var account = venue.Simulator.Toast.Restaurants.Add(null);
        var input = new
        {
            input = new
            {
                provider = "TOAST",
                environment = "SANDBOX",
                locationId = account.Restaurant.Guid,
                clientId = account.Client.ClientId,
                clientSecret = account.Client.ClientSecret,
            },
        };
        (string Path, string Body, string Code)[] rows =
        [
            ("/authentication", """{"status":500,"code":999,"message":"Something went wrong."}""", "PROVIDER_UNAVAILABLE"),
            ("/authentication", """{"status":429,"code":10010,"message":"Too many."}""", "RATE_LIMIT_EXCEEDED"),
            ("/restaurants", """{"status":500,"code":999,"message":"Something went wrong."}""", "PROVIDER_UNAVAILABLE"),
            ("/restaurants", "[]", "PROVIDER_UNAVAILABLE"),
            ("/orders", """{"status":500,"code":999,"message":"Something went wrong."}""", "PROVIDER_UNAVAILABLE"),
        ];
        foreach (var (path, body, code) in rows)
        {
            venue.Simulator.Faults.Clear();
            venue.Simulator.Faults.Add(
                new Fault
                {
                    Path = path,
                    Status = 200,
                    Body = body,
                }
            );
            await ShouldRefuseAsync(venue, input, code, "", "");
        }
    }

    [Theory]
    [InlineData("L.1")]
    [InlineData("L%31")]
    [InlineData("L:1")]
    [InlineData("L&limit=1")]
    [InlineData("L\u00c41")]
    [InlineData("..")]
    public async Task A_location_id_of_Square_has_only_letters_digits_hyphens_and_underscores(string locationId)
    {
        await using var venue = await OpenAsync();
        venue.Simulator.Requests.Clear();

        await ShouldRefuseAsync(
            venue,
            Input(locationId, venue.Seller.Token.Value),
            "INVALID_INPUT",
            "credentials.locationId",
            "letters, digits, hyphens and underscores"
        );

        venue.Simulator.Requests.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_redirection_is_not_followed_so_that_credentials_go_nowhere_else()
    {
        await using var elsewhere = await PosSimulator.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var venue = await OpenAsync();
        var toast = new
        {
            input = new
            {
                provider = "TOAST",
                environment = "SANDBOX",
                locationId = venue.Simulator.Toast.Restaurants.Add(null).Restaurant.Guid,
                clientId = "client",
                clientSecret = "secret",
            },
        };
        foreach (var status in new[] { 301, 302, 303, 307, 308 })
        {
            venue.Simulator.Faults.Clear();
            venue.Simulator.Faults.Add(
                new Fault
                {
                    Status = status,
                    Headers = new Dictionary<string, string> { ["Location"] = elsewhere.Address.ToString() + "elsewhere" },
                }
            );
            await ShouldRefuseAsync(
                venue,
                Input(venue.Seller.Location.Id, venue.Seller.Token.Value),
                "PROVIDER_UNAVAILABLE",
                "",
                $"Square redirects the call to another address (status {status})"
            );
            await ShouldRefuseAsync(
                venue,
                toast,
                "PROVIDER_UNAVAILABLE",
                "",
                $"Toast redirects the call to another address (status {status})"
            );
        }

        elsewhere.Requests.Total.ShouldBe(0);
    }
}
