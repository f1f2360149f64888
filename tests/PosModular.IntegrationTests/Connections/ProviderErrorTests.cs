using System.Text.Json;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Connections;

/// <summary>Everything that a provider may have against credentials, provoked one by one: each has its own code and says what to do.</summary>
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

    private async Task<Bar> OpenAsync(IReadOnlyDictionary<string, string?>? more = null) =>
        await Bar.OpenAsync(await postgres.CreateDatabaseAsync(), HurriedTime.ForProviders, more);

    private static async Task<JsonElement> ValidateAsync(Bar bar, object input) =>
        (await bar.Moderator.DataAsync(Validate, input)).GetProperty("validatePosCredentials");

    private static async Task RefusedAsync(Bar bar, object input, string code, string field, string says)
    {
        var answer = await ValidateAsync(bar, input);
        answer.At("valid").GetBoolean().ShouldBeFalse();
        var error = answer.At("errors").EnumerateArray().ShouldHaveSingleItem();
        (error.At("code").GetString(), error.At("field").GetString() ?? "").ShouldBe((code, field));
        error.At("message").GetString()!.ShouldContain(says);
    }

    [Fact]
    public async Task Good_credentials_tell_what_the_venue_may_be_called_and_save_nothing()
    {
        await using var bar = await OpenAsync();
        var till = bar.Square.Sellers.AddTill(
            new TillOrder
            {
                Name = "Nightjar",
                LocationId = "NEWLOCATION",
                AccessToken = "new-access-token",
                TimeZone = "Europe/Berlin",
                Currency = "EUR",
            }
        );

        (await ValidateAsync(bar, Input(till.Location.Id, " new-access-token\n")))
            .ToString()
            .ShouldBe(
                """{"valid":true,"locationName":"Nightjar","merchantName":"Nightjar","timeZone":"Europe/Berlin","currency":"EUR","dayCutoff":null,"missingScopes":[],"errors":[]}"""
            );

        (await bar.SqlAsync<long>("select count(*) from integrations.pos_connections")).ShouldBe(1);
        bar.Square.Requests.PaymentWrites.ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_mistake_is_told_apart()
    {
        await using var bar = await OpenAsync();
        var (location, token) = (bar.Till.Location.Id, bar.Till.Token.Value);
        var poor = bar.Square.Sellers.AddTill(
            new TillOrder
            {
                LocationId = "POOR",
                AccessToken = "poor-token",
                OAuth = true,
                Scopes = ["PAYMENTS_READ"],
            }
        );
        bar.Square.Sellers.AddTill(new TillOrder { LocationId = "GONE", AccessToken = "revoked-token" });
        bar.Square.Sellers.RevokeToken("revoked-token");
        bar.Square.Sellers.AddTill(
            new TillOrder
            {
                LocationId = "OLD",
                AccessToken = "old-token",
                OAuth = true,
                ExpiresAt = TimeProvider.System.GetUtcNow().AddDays(-1),
            }
        );

        await RefusedAsync(bar, Input(location, null), "INVALID_INPUT", "credentials.accessToken", "Developer Dashboard");
        await RefusedAsync(bar, Input("", token), "INVALID_INPUT", "credentials.locationId", "Developer Dashboard");
        await RefusedAsync(
            bar,
            Input(location, "wrong-token"),
            "INVALID_CREDENTIALS",
            "credentials.accessToken",
            "does not accept this access token for SANDBOX"
        );
        await RefusedAsync(bar, Input("GONE", "revoked-token"), "INVALID_CREDENTIALS", "credentials.accessToken", "revoked");
        await RefusedAsync(bar, Input("OLD", "old-token"), "INVALID_CREDENTIALS", "credentials.accessToken", "expired");
        await RefusedAsync(bar, Input("UNKNOWN", token), "LOCATION_NOT_FOUND", "credentials.locationId", "no such location");
        await RefusedAsync(
            bar,
            Input(poor.Location.Id, "poor-token"),
            "PERMISSION_DENIED",
            "credentials.accessToken",
            "MERCHANT_PROFILE_READ, ORDERS_READ"
        );
        (await ValidateAsync(bar, Input(poor.Location.Id, "poor-token")))
            .At("missingScopes")
            .EnumerateArray()
            .Select(s => s.GetString())
            .ShouldBe(["MERCHANT_PROFILE_READ", "ORDERS_READ"]);
    }

    [Fact]
    public async Task A_sandbox_token_in_production_is_told_as_that()
    {
        await using var production = await SquareSimulator.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var bar = await OpenAsync(
            new Dictionary<string, string?> { ["Pos:Square:BaseUrls:Production"] = production.Address.ToString() }
        );

        await RefusedAsync(
            bar,
            Input(bar.Till.Location.Id, bar.Till.Token.Value, "PRODUCTION"),
            "INVALID_CREDENTIALS",
            "credentials.environment",
            "This is an access token for SANDBOX"
        );
    }

    [Fact]
    public async Task A_provider_that_is_down_slow_cut_off_or_busy_is_told_apart_from_bad_credentials()
    {
        await using var bar = await OpenAsync();
        var input = Input(bar.Till.Location.Id, bar.Till.Token.Value);

        async Task UnderAsync(Fault fault, string code, string says)
        {
            bar.Square.Faults.Clear();
            bar.Square.Faults.Arm(fault with { Path = "/oauth2/token/status" });
            await RefusedAsync(bar, input, code, "", says);
        }
        await UnderAsync(new Fault { Status = 500 }, "PROVIDER_UNAVAILABLE", "try again");
        await UnderAsync(new Fault { Status = 503 }, "PROVIDER_UNAVAILABLE", "try again");
        await UnderAsync(new Fault { Cut = true }, "PROVIDER_UNAVAILABLE", "try again");
        await UnderAsync(new Fault { DelayMs = 15_000 }, "PROVIDER_UNAVAILABLE", "try again"); // each attempt has its ten seconds, hurried to two
        await UnderAsync(
            new Fault
            {
                Status = 429,
                Headers = new Dictionary<string, string> { ["Retry-After"] = "90" },
            },
            "RATE_LIMIT_EXCEEDED",
            "Try again in 90 seconds"
        );
        // A short pause is kept, not told: three attempts more go through.
        bar.Square.Faults.Clear();
        bar.Square.Faults.Arm(
            new Fault
            {
                Path = "/oauth2/token/status",
                Status = 429,
                Times = 3,
                Headers = new Dictionary<string, string> { ["Retry-After"] = "1" },
            }
        );
        (await ValidateAsync(bar, input)).At("valid").GetBoolean().ShouldBeTrue();
        // Never a retry of what was refused.
        bar.Square.Faults.Clear();
        bar.Square.Requests.Clear();
        await RefusedAsync(bar, Input(bar.Till.Location.Id, "wrong-token"), "INVALID_CREDENTIALS", "credentials.accessToken", "");
        bar.Square.Requests.Requests.Count(r => r.Status == 401).ShouldBe(1);
    }
}
