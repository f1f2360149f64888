using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Webhooks;
using Microsoft.AspNetCore.Http;
using NodaTime;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;
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

    private static async Task<JsonElement> ValidateAsync(ToastTestHosts testHosts, object input) =>
        (await testHosts.Moderator.GetDataAsync(Validate, input)).GetProperty("validatePosCredentials");

    private static string ErrorOf(JsonElement payload)
    {
        payload.At("errors.0.message").GetString()!.ShouldNotContain("Jack");
        return $"{payload.At("errors.0.code").GetString()} {payload.At("errors.0.field").GetString()}".Trim();
    }

    private static Func<HttpContext, Task<bool>> RespondWithError(int status, string path) =>
        async http =>
        {
            if (!http.Request.Path.Value!.Contains(path, StringComparison.Ordinal))
                return false;
            await ToastStub.WriteErrorAsync(http, status);
            return true;
        };

    [Fact]
    public async Task Valid_credentials_return_the_restaurant_and_its_day_cutoff()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());

        (await ValidateAsync(testHosts, Input(restaurant: " " + ToastStub.Restaurant.ToUpperInvariant())))
            .ToString()
            .ShouldBe(
                """{"valid":true,"locationName":"Harbour","merchantName":"Toasty","timeZone":"America/New_York","currency":"USD","""
                    + "\"dayCutoff\":\"04:00:00\",\"missingScopes\":[],\"errors\":[]}"
            );

        testHosts.Toast.Calls.ShouldAllBe(call => call.Restaurant == ToastStub.Restaurant);
        testHosts.Toast.LoginCount.ShouldBe(1);
    }

    [Fact]
    public async Task Each_refusal_by_Toast_has_its_own_code_and_field()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());

        ErrorOf(await ValidateAsync(testHosts, Input("wrong"))).ShouldBe("INVALID_CREDENTIALS credentials.clientSecret");
        ErrorOf(await ValidateAsync(testHosts, Input(restaurant: Guid.NewGuid().ToString())))
            .ShouldBe("LOCATION_NOT_FOUND credentials.locationId");
        ErrorOf(await ValidateAsync(testHosts, Input(restaurant: "my-restaurant"))).ShouldBe("INVALID_INPUT credentials.locationId");
        ErrorOf(await ValidateAsync(testHosts, Input(secret: null))).ShouldBe("INVALID_INPUT credentials.clientSecret");
        ErrorOf(await ValidateAsync(testHosts, Input(clientId: "a\nb"))).ShouldBe("INVALID_INPUT credentials.clientId");
        ErrorOf(await ValidateAsync(testHosts, Input(null, clientId: null))).ShouldBe("INVALID_INPUT credentials.clientId");
        ErrorOf(await ValidateAsync(testHosts, Input(null, clientId: null, apiKey: "two words")))
            .ShouldBe("INVALID_INPUT credentials.apiKey");
        ErrorOf(await ValidateAsync(testHosts, Input(null, clientId: null, apiKey: "unknown")))
            .ShouldBe("INVALID_CREDENTIALS credentials.apiKey");

        testHosts.Toast.Currency = "";
        ErrorOf(await ValidateAsync(testHosts, Input())).ShouldBe("PROVIDER_UNAVAILABLE credentials.locationId");
        testHosts.Toast.InterceptAsync = RespondWithError(404, "/restaurants/");
        ErrorOf(await ValidateAsync(testHosts, Input())).ShouldBe("LOCATION_NOT_FOUND credentials.locationId");
        testHosts.Toast.InterceptAsync = http =>
        {
            http.Response.Headers["X-Toast-RateLimit-Reset"] = DateTimeOffset
                .UtcNow.AddSeconds(90)
                .ToUnixTimeSeconds()
                .ToString(CultureInfo.InvariantCulture);
            return RespondWithError(429, "/restaurants/")(http);
        };
        var limited = await ValidateAsync(testHosts, Input());
        ErrorOf(limited).ShouldBe("RATE_LIMIT_EXCEEDED");
        limited.At("errors.0.message").GetString()!.ShouldContain("seconds");
        testHosts.Toast.InterceptAsync = http =>
        {
            http.Abort();
            return Task.FromResult(true);
        };
        ErrorOf(await ValidateAsync(testHosts, Input())).ShouldBe("PROVIDER_UNAVAILABLE");
    }

    [Fact]
    public async Task A_missing_scope_is_named()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        async Task<string> MissingAsync(string path)
        {
            testHosts.Toast.InterceptAsync = RespondWithError(403, path);
            var payload = await ValidateAsync(testHosts, Input());
            return ErrorOf(payload) + " " + payload.At("missingScopes");
        }

        (await MissingAsync("/orders/")).ShouldBe("PERMISSION_DENIED credentials.clientId [\"orders:read\"]");
        (await MissingAsync("/restaurants/")).ShouldBe("PERMISSION_DENIED credentials.clientId [\"restaurants:read\"]");
    }

    [Fact]
    public async Task A_restaurant_of_another_client_is_reported_as_such()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        testHosts.Toast.InterceptAsync = async http =>
            !http.Request.Path.Value!.Contains("login", StringComparison.Ordinal) && await RespondWithError(403, "")(http);

        var payload = await ValidateAsync(testHosts, Input());

        ErrorOf(payload).ShouldBe("PERMISSION_DENIED credentials.locationId");
        payload.At("missingScopes").ToString().ShouldBe("""["orders:read","restaurants:read"]""");
    }

    [Fact]
    public async Task Credentials_of_the_other_environment_are_reported_as_such()
    {
        await using var other = await ToastStub.StartAsync();
        other.InterceptAsync = RespondWithError(401, "");
        await using var testHosts = await ToastTestHosts.StartAsync(
            await postgres.CreateDatabaseAsync(),
            settings: new Dictionary<string, string?> { ["Pos:Toast:BaseUrls:Production"] = other.Address.ToString() }
        );

        var payload = await ValidateAsync(testHosts, Input(environment: "PRODUCTION"));

        ErrorOf(payload).ShouldBe("INVALID_CREDENTIALS credentials.environment");
        payload.At("errors.0.message").GetString()!.ShouldContain("SANDBOX");
        ErrorOf(await ValidateAsync(testHosts, Input("wrong", environment: "PRODUCTION")))
            .ShouldBe("INVALID_CREDENTIALS credentials.clientSecret");
    }

    [Fact]
    public async Task The_orders_of_a_connected_restaurant_are_read_in_its_currency()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        testHosts.Toast.Currency = "KWD";
        await testHosts.Moderator.GetDataAsync(
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

        var payload = (
            await testHosts.Moderator.GetDataAsync(
                """
                mutation($input: ConnectPosInput!) { connectPos(input: $input) {
                  connection { id status statusReason { message } merchantId webhook { enabled subscriptionId } sync { intervalSeconds } }
                  errors { code message } } }
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

        payload.At("errors").GetArrayLength().ShouldBe(0, payload.ToString());
        (
            payload.At("connection.status").GetString(),
            payload.At("connection.merchantId").GetString(),
            payload.At("connection.sync.intervalSeconds").GetInt32(),
            payload.At("connection.webhook.enabled").GetBoolean()
        ).ShouldBe(("CONNECTED", "group-1", 900, true));
        await using var source = NpgsqlDataSource.Create(testHosts.Database);
        (
            await source
                .CreateCommand("select currency || ' ' || external_location_id from integrations.pos_connections")
                .ExecuteScalarAsync(TestContext.Current.CancellationToken)
        ).ShouldBe("KWD " + ToastStub.Restaurant);

        testHosts.Toast.OrdersJson = "[" + Order("o1", "p1", 1.234m) + "]";
        var connections = (IPosConnections)testHosts.Hosts[0].Services.GetService(typeof(IPosConnections))!;
        connections.MaxQuerySpan(Provider.Toast).ShouldBe(Duration.FromDays(30));
        var page = await connections.FetchPageAsync(
            payload.At("connection.id").GetGuid(),
            new PageRequest("orders", Instant.FromUtc(2026, 11, 1, 0, 0), Instant.FromUtc(2026, 11, 2, 0, 0), null),
            TestContext.Current.CancellationToken
        );
        page.Value.ShouldNotBeNull()
            .Observations.Payments.ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(
                p => p.Currency.ShouldBe("KWD"),
                p => p.TotalMinor.ShouldBe(1234),
                p => p.LocationId.ShouldBe(ToastStub.Restaurant)
            );

        // Its webhook is signed over body and timestamp, and its amounts are read in the restaurant's currency.
        var gate = (IWebhookVerifier)testHosts.Hosts[0].Services.GetService(typeof(IWebhookVerifier))!;
        var body = System.Text.Encoding.UTF8.GetBytes(
            $$"""
            {"timestamp":"2026-11-20T20:00:00.000Z","eventType":"order_updated","guid":"e1",
            "details":{"restaurantGuid":"{{ToastStub.Restaurant}}","order":{{Order(
                "o2",
                "p2",
                2.5m
            )}}} }
            """
        );
        var signature = Convert.ToBase64String(
            System.Security.Cryptography.HMACSHA256.HashData("toast-secret"u8, [.. body, .. "2026-11-20T20:00:00.000Z"u8])
        );
        foreach (var connection in new Guid?[] { payload.At("connection.id").GetGuid(), null })
        {
            var admission = await gate.VerifyAsync(
                new WebhookRequest(Provider.Toast, connection, signature, "", body),
                TestContext.Current.CancellationToken
            );
            (admission.IsGenuine, admission.IgnoredReason).ShouldBe((true, null));
            admission.Event.ShouldNotBeNull().Observations.ShouldNotBeNull().Payments.Single().TotalMinor.ShouldBe(2500);
            (
                await gate.VerifyAsync(
                    new WebhookRequest(Provider.Toast, connection, signature[..^4] + "AAA=", "", body),
                    TestContext.Current.CancellationToken
                )
            ).IsGenuine.ShouldBeFalse();
        }
        (await gate.TranslateAgainAsync(Provider.Toast, null, body, TestContext.Current.CancellationToken))
            .Event!.Observations!.Payments.Single()
            .Currency.ShouldBe("KWD");
    }

    [Fact]
    public async Task Pages_follow_the_link_header_and_report_skipped_orders()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        testHosts.Toast.OrdersJson = $$"""[{{Order("o1", "p1", 10)}},{"guid":"o2"},{{Order("o3", "p3", 5)}}]""";
        testHosts.Toast.InterceptAsync = http =>
        {
            if (http.Request.Query["page"] == "1")
                http.Response.Headers.Link =
                    $"<{testHosts.Toast.Address}orders/v2/ordersBulk?page=1>; rel=\"first\", "
                    + $"<{testHosts.Toast.Address}orders/v2/ordersBulk?pageSize=100&page=2>; rel=\"next\"";
            return Task.FromResult(false);
        };

        var first = (await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0])).Value.ShouldNotBeNull();
        first.Observations.Payments.Select(p => (p.ExternalId, p.TotalMinor)).ShouldBe([("p1", 1000), ("p3", 500)]);
        (first.NextCursor, first.ResumeAt).ShouldBe(("2", null));
        first.SkippedItems.ShouldHaveSingleItem().Reason.ShouldContain("o2");
        (await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0], cursor: "2")).Value.ShouldNotBeNull().NextCursor.ShouldBeNull();
        testHosts.Toast.OrdersJson = "[]";
        // An empty page is the last one.
        (await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0])).Value.ShouldNotBeNull().NextCursor.ShouldBeNull();
        testHosts
            .Toast.Calls.First()
            .Query.ShouldBe("?startDate=2026-11-20T20%3A00%3A00.000%2B0000&endDate=2026-11-20T21%3A00%3A00.000%2B0000&pageSize=100&page=1");
        testHosts.Toast.OrdersJson = "{}";
        (await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0])).Fault!.Error.Code.ShouldBe(ErrorCode.ProviderUnavailable);
    }

    [Fact]
    public async Task An_impossible_page_request_is_refused_without_a_call()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        var from = Instant.FromUtc(2026, 11, 1, 0, 0);
        async Task<ProviderFault?> FaultAsync(PageRequest request, string? currency = "USD") =>
            (
                await testHosts.Provider.FetchPageAsync(
                    ToastTestHosts.Credentials with
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
        testHosts.Toast.Calls.ShouldBeEmpty();
        testHosts.Toast.LoginCount.ShouldBe(0);
    }

    [Fact]
    public async Task No_more_pages_per_second_are_requested_than_Toast_allows()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(
            await postgres.CreateDatabaseAsync(),
            settings: new Dictionary<string, string?> { ["Pos:Toast:CallsPerSecond"] = "20", ["Pos:Toast:OrdersBulkPerSecond"] = "5" }
        );
        (await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0])).Fault.ShouldBeNull();
        var began = TimeProvider.System.GetTimestamp();

        // One of the five calls that the limiter allows at once is already used.
        (await Task.WhenAll(Enumerable.Range(0, 9).Select(_ => ToastTestHosts.FetchPageAsync(testHosts.Hosts[0])))).ShouldAllBe(page =>
            page.Fault == null
        );

        TimeProvider.System.GetElapsedTime(began).ShouldBeGreaterThan(TimeSpan.FromSeconds(0.6));
        testHosts.Toast.Calls.Count.ShouldBe(10);
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
