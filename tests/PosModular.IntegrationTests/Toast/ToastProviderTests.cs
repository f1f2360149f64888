using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Integrations.Contracts;
using Microsoft.AspNetCore.Http;
using NodaTime;
using Npgsql;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Errors;

namespace PosModular.IntegrationTests.Toast;

/// <summary>Connecting a Toast restaurant and reading its orders, over HTTP.</summary>
public sealed class ToastProviderTests(TestPostgres postgres)
{
    private const string Validate = """
        mutation($input: PosCredentialsInput!) { validatePosCredentials(input: $input) {
          valid locationName merchantName timeZone currency dayCutoff missingScopes errors { code message field } } }
        """;

    private static object Input(
        string? secret = "secret",
        string restaurant = ToastStub.Restaurant,
        string environment = "SANDBOX",
        string? apiKey = null,
        string? clientId = "client"
    ) =>
        new
        {
            input = new
            {
                provider = "TOAST",
                environment,
                locationId = restaurant,
                clientId,
                clientSecret = secret,
                apiKey,
            },
        };

    private static async Task<JsonElement> ValidateAsync(ToastHouse house, object input) =>
        (await house.Moderator.DataAsync(Validate, input)).GetProperty("validatePosCredentials");

    private static string Refusal(JsonElement answer)
    {
        answer.At("errors.0.message").GetString()!.ShouldNotContain("Jack");
        return $"{answer.At("errors.0.code").GetString()} {answer.At("errors.0.field").GetString()}".Trim();
    }

    private static Func<HttpContext, Task<bool>> Refusing(int status, string path) =>
        async http =>
        {
            if (!http.Request.Path.Value!.Contains(path, StringComparison.Ordinal))
                return false;
            await ToastStub.RefuseAsync(http, status);
            return true;
        };

    [Fact]
    public async Task Good_credentials_tell_the_restaurant_and_its_business_day()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());

        (await ValidateAsync(house, Input(restaurant: " " + ToastStub.Restaurant.ToUpperInvariant())))
            .ToString()
            .ShouldBe(
                """{"valid":true,"locationName":"Harbour","merchantName":"Toasty","timeZone":"America/New_York","currency":"USD","dayCutoff":"04:00:00","missingScopes":[],"errors":[]}"""
            );

        house.Toast.Calls.ShouldAllBe(call => call.Restaurant == ToastStub.Restaurant);
        house.Toast.Logins.ShouldBe(1);
    }

    [Fact]
    public async Task Each_refusal_of_Toast_has_its_own_code_and_field()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());

        Refusal(await ValidateAsync(house, Input("wrong"))).ShouldBe("INVALID_CREDENTIALS credentials.clientSecret");
        Refusal(await ValidateAsync(house, Input(restaurant: Guid.NewGuid().ToString())))
            .ShouldBe("LOCATION_NOT_FOUND credentials.locationId");
        Refusal(await ValidateAsync(house, Input(restaurant: "my-restaurant"))).ShouldBe("INVALID_INPUT credentials.locationId");
        Refusal(await ValidateAsync(house, Input(secret: null))).ShouldBe("INVALID_INPUT credentials.clientSecret");
        Refusal(await ValidateAsync(house, Input(clientId: "a\nb"))).ShouldBe("INVALID_INPUT credentials.clientId");
        Refusal(await ValidateAsync(house, Input(null, clientId: null))).ShouldBe("INVALID_INPUT credentials.clientId");
        Refusal(await ValidateAsync(house, Input(null, clientId: null, apiKey: "two words"))).ShouldBe("INVALID_INPUT credentials.apiKey");
        Refusal(await ValidateAsync(house, Input(null, clientId: null, apiKey: "unknown")))
            .ShouldBe("INVALID_CREDENTIALS credentials.apiKey");

        house.Toast.Currency = "";
        Refusal(await ValidateAsync(house, Input())).ShouldBe("PROVIDER_UNAVAILABLE credentials.locationId");
        house.Toast.Instead = Refusing(404, "/restaurants/");
        Refusal(await ValidateAsync(house, Input())).ShouldBe("LOCATION_NOT_FOUND credentials.locationId");
        house.Toast.Instead = http =>
        {
            http.Response.Headers["X-Toast-RateLimit-Reset"] = DateTimeOffset
                .UtcNow.AddSeconds(90)
                .ToUnixTimeSeconds()
                .ToString(CultureInfo.InvariantCulture);
            return Refusing(429, "/restaurants/")(http);
        };
        var limited = await ValidateAsync(house, Input());
        Refusal(limited).ShouldBe("RATE_LIMIT_EXCEEDED");
        limited.At("errors.0.message").GetString()!.ShouldContain("seconds");
        house.Toast.Instead = http =>
        {
            http.Abort();
            return Task.FromResult(true);
        };
        Refusal(await ValidateAsync(house, Input())).ShouldBe("PROVIDER_UNAVAILABLE");
    }

    [Fact]
    public async Task A_missing_scope_is_named()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        async Task<string> MissingAsync(string path)
        {
            house.Toast.Instead = Refusing(403, path);
            var answer = await ValidateAsync(house, Input());
            return Refusal(answer) + " " + answer.At("missingScopes");
        }

        (await MissingAsync("/orders/")).ShouldBe("PERMISSION_DENIED credentials.clientId [\"orders:read\"]");
        (await MissingAsync("/restaurants/")).ShouldBe("PERMISSION_DENIED credentials.clientId [\"restaurants:read\"]");
    }

    [Fact]
    public async Task A_restaurant_that_is_not_the_clients_is_told_as_such()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        house.Toast.Instead = async http =>
            !http.Request.Path.Value!.Contains("login", StringComparison.Ordinal) && await Refusing(403, "")(http);

        var answer = await ValidateAsync(house, Input());

        Refusal(answer).ShouldBe("PERMISSION_DENIED credentials.locationId");
        answer.At("missingScopes").ToString().ShouldBe("""["orders:read","restaurants:read"]""");
    }

    [Fact]
    public async Task Credentials_of_the_other_environment_are_told_as_such()
    {
        await using var other = await ToastStub.StartAsync();
        other.Instead = Refusing(401, "");
        await using var house = await ToastHouse.OpenAsync(
            await postgres.CreateDatabaseAsync(),
            settings: new Dictionary<string, string?> { ["Pos:Toast:BaseUrls:Production"] = other.Address.ToString() }
        );

        var answer = await ValidateAsync(house, Input(environment: "PRODUCTION"));

        Refusal(answer).ShouldBe("INVALID_CREDENTIALS credentials.environment");
        answer.At("errors.0.message").GetString()!.ShouldContain("SANDBOX");
        Refusal(await ValidateAsync(house, Input("wrong", environment: "PRODUCTION")))
            .ShouldBe("INVALID_CREDENTIALS credentials.clientSecret");
    }

    [Fact]
    public async Task A_connected_restaurant_keeps_its_currency_and_its_orders_are_read_in_it()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        house.Toast.Currency = "KWD";
        await house.Moderator.DataAsync(
            "mutation($input: RegisterVenueInput!) { registerVenue(input: $input) { venue { id } } }",
            new
            {
                input = new
                {
                    id = "bar",
                    name = "Bar",
                    timeZone = "UTC",
                    currency = "KWD",
                    ownerUserIds = new[] { "owner" },
                },
            }
        );

        var answer = (
            await house.Moderator.DataAsync(
                """
                mutation($input: ConnectPosInput!) { connectPos(input: $input) {
                  connection { id status statusReason { message } merchantId webhook { enabled subscriptionId } sync { intervalSeconds } } errors { code message } } }
                """,
                new
                {
                    input = new
                    {
                        venueId = "bar",
                        webhookSignatureKey = "toast-secret",
                        credentials = new
                        {
                            provider = "TOAST",
                            environment = "SANDBOX",
                            locationId = ToastStub.Restaurant.ToUpperInvariant(),
                            clientId = "client",
                            clientSecret = "secret",
                        },
                    },
                }
            )
        ).GetProperty("connectPos");

        answer.At("errors").GetArrayLength().ShouldBe(0, answer.ToString());
        (
            answer.At("connection.status").GetString(),
            answer.At("connection.merchantId").GetString(),
            answer.At("connection.sync.intervalSeconds").GetInt32(),
            answer.At("connection.webhook.enabled").GetBoolean()
        ).ShouldBe(("CONNECTED", "group-1", 900, true));
        await using var source = NpgsqlDataSource.Create(house.Database);
        (
            await source
                .CreateCommand("select currency || ' ' || external_location_id from integrations.pos_connections")
                .ExecuteScalarAsync(TestContext.Current.CancellationToken)
        ).ShouldBe("KWD " + ToastStub.Restaurant);

        house.Toast.OrdersJson = "[" + Order("o1", "p1", 1.234m) + "]";
        var till = (ITills)house.Hosts[0].Services.GetService(typeof(ITills))!;
        till.LongestSpan(Provider.Toast).ShouldBe(Duration.FromDays(30));
        var page = await till.FetchPageAsync(
            answer.At("connection.id").GetGuid(),
            new PageRequest("orders", Instant.FromUtc(2026, 11, 1, 0, 0), Instant.FromUtc(2026, 11, 2, 0, 0), null),
            TestContext.Current.CancellationToken
        );
        page.Value.ShouldNotBeNull()
            .Facts.Payments.ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(
                p => p.Currency.ShouldBe("KWD"),
                p => p.TotalMinor.ShouldBe(1234),
                p => p.LocationId.ShouldBe(ToastStub.Restaurant)
            );

        // Its webhook: signed over body and timestamp, read in the restaurant's currency.
        var gate = (IWebhookGate)house.Hosts[0].Services.GetService(typeof(IWebhookGate))!;
        var body = System.Text.Encoding.UTF8.GetBytes(
            $$"""
            {"timestamp":"2026-11-20T20:00:00.000Z","eventType":"order_updated","guid":"e1","details":{"restaurantGuid":"{{ToastStub.Restaurant}}","order":{{Order(
                "o2",
                "p2",
                2.5m
            )}}} }
            """
        );
        var signature = Convert.ToBase64String(
            System.Security.Cryptography.HMACSHA256.HashData("toast-secret"u8, [.. body, .. "2026-11-20T20:00:00.000Z"u8])
        );
        foreach (var connection in new Guid?[] { answer.At("connection.id").GetGuid(), null })
        {
            var admission = await gate.AdmitAsync(
                new WebhookRequest(Provider.Toast, connection, signature, "", body),
                TestContext.Current.CancellationToken
            );
            (admission.Genuine, admission.IgnoredBecause).ShouldBe((true, null));
            admission.Event.ShouldNotBeNull().Facts.ShouldNotBeNull().Payments.Single().TotalMinor.ShouldBe(2500);
            (
                await gate.AdmitAsync(
                    new WebhookRequest(Provider.Toast, connection, signature[..^4] + "AAA=", "", body),
                    TestContext.Current.CancellationToken
                )
            ).Genuine.ShouldBeFalse();
        }
        (await gate.ReadAgainAsync(Provider.Toast, null, body, TestContext.Current.CancellationToken))
            .Event!.Facts!.Payments.Single()
            .Currency.ShouldBe("KWD");
    }

    [Fact]
    public async Task Pages_follow_the_link_header_and_tell_what_they_skipped()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        house.Toast.OrdersJson = $$"""[{{Order("o1", "p1", 10)}},{"guid":"o2"},{{Order("o3", "p3", 5)}}]""";
        house.Toast.Instead = http =>
        {
            if (http.Request.Query["page"] == "1")
                http.Response.Headers.Link =
                    $"<{house.Toast.Address}orders/v2/ordersBulk?page=1>; rel=\"first\", <{house.Toast.Address}orders/v2/ordersBulk?pageSize=100&page=2>; rel=\"next\"";
            return Task.FromResult(false);
        };

        var first = (await ToastHouse.PageAsync(house.Hosts[0])).Value.ShouldNotBeNull();
        first.Facts.Payments.Select(p => (p.ExternalId, p.TotalMinor)).ShouldBe([("p1", 1000), ("p3", 500)]);
        (first.NextCursor, first.ReachedAt).ShouldBe(("2", null));
        first.Skipped.ShouldHaveSingleItem().ShouldContain("o2");
        (await ToastHouse.PageAsync(house.Hosts[0], cursor: "2")).Value.ShouldNotBeNull().NextCursor.ShouldBeNull();
        house.Toast.OrdersJson = "[]";
        (await ToastHouse.PageAsync(house.Hosts[0])).Value.ShouldNotBeNull().NextCursor.ShouldBeNull(); // an empty page is the last one
        house
            .Toast.Calls.First()
            .Query.ShouldBe("?startDate=2026-11-20T20%3A00%3A00.000%2B0000&endDate=2026-11-20T21%3A00%3A00.000%2B0000&pageSize=100&page=1");
        house.Toast.OrdersJson = "{}";
        (await ToastHouse.PageAsync(house.Hosts[0])).Fault!.Error.Code.ShouldBe(ErrorCode.ProviderUnavailable);
    }

    [Fact]
    public async Task What_cannot_be_asked_is_refused_without_asking()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        var from = Instant.FromUtc(2026, 11, 1, 0, 0);
        async Task<FetchFault?> FaultAsync(PageRequest request, string? currency = "USD") =>
            (
                await house.Provider.FetchPageAsync(
                    ToastHouse.Credentials with
                    {
                        Currency = currency,
                    },
                    request,
                    TestContext.Current.CancellationToken
                )
            ).Fault;

        (await FaultAsync(new PageRequest("orders", from, from + Duration.FromDays(31), null)))!.Error.Code.ShouldBe(
            ErrorCode.InvalidInput
        );
        (await FaultAsync(new PageRequest("orders", from, from + Duration.FromDays(1), "0")))!.CursorExpired.ShouldBeTrue();
        (await FaultAsync(new PageRequest("orders", from, from + Duration.FromDays(1), null), currency: null))!.Error.Code.ShouldBe(
            ErrorCode.SyncFailed
        );
        (await FaultAsync(new PageRequest("orders", from, from, null))).ShouldBeNull();
        house.Toast.Calls.ShouldBeEmpty();
        house.Toast.Logins.ShouldBe(0);
    }

    [Fact]
    public async Task No_more_pages_a_second_are_asked_for_than_Toast_allows()
    {
        await using var house = await ToastHouse.OpenAsync(
            await postgres.CreateDatabaseAsync(),
            settings: new Dictionary<string, string?> { ["Pos:Toast:CallsPerSecond"] = "20", ["Pos:Toast:OrdersBulkPerSecond"] = "5" }
        );
        (await ToastHouse.PageAsync(house.Hosts[0])).Fault.ShouldBeNull();
        var began = TimeProvider.System.GetTimestamp();

        // Of the burst of five, one is used up.
        (await Task.WhenAll(Enumerable.Range(0, 9).Select(_ => ToastHouse.PageAsync(house.Hosts[0])))).ShouldAllBe(page =>
            page.Fault == null
        );

        TimeProvider.System.GetElapsedTime(began).ShouldBeGreaterThan(TimeSpan.FromSeconds(0.6));
        house.Toast.Calls.Count.ShouldBe(10);
    }

    private static string Order(string guid, string payment, decimal amount) =>
        new JsonObject
        {
            ["guid"] = guid,
            ["modifiedDate"] = "2026-11-20T20:30:00.000+0000",
            ["checks"] = new JsonArray(
                new JsonObject
                {
                    ["guid"] = "c-" + guid,
                    ["payments"] = new JsonArray(
                        new JsonObject
                        {
                            ["guid"] = payment,
                            ["type"] = "CREDIT",
                            ["paymentStatus"] = "CAPTURED",
                            ["amount"] = amount,
                            ["paidDate"] = "2026-11-20T20:15:00.000+0000",
                        }
                    ),
                }
            ),
        }.ToJsonString();
}
