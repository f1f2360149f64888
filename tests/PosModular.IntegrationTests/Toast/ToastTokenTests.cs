using Integrations.Contracts.Connections;
using Npgsql;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Errors;

namespace PosModular.IntegrationTests.Toast;

/// <summary>All callers share one Toast login, and there are never more than two logins an hour.</summary>
public sealed class ToastTokenTests(TestPostgres postgres)
{
    private static void ShouldSucceed(ProviderResult<PosPage> page) => page.Fault?.Error.Message.ShouldBeNull();

    [Fact]
    public async Task A_thousand_concurrent_calls_on_two_hosts_log_in_once()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync(), hostCount: 2);
        testHosts.Toast.LoginDuration = TimeSpan.FromMilliseconds(500);

        var pages = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => ToastTestHosts.FetchPageAsync(testHosts.Hosts[i % 2])));

        pages.ShouldAllBe(page => page.Fault == null);
        testHosts.Toast.LoginCount.ShouldBe(1);
    }

    [Fact]
    public async Task The_token_is_encrypted_and_shared_by_all_restaurants_of_the_client()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0]));
        ShouldSucceed(
            await ToastTestHosts.FetchPageAsync(
                testHosts.Hosts[0],
                ToastTestHosts.Credentials with
                {
                    LocationId = Guid.NewGuid().ToString(),
                }
            )
        );

        testHosts.Toast.LoginCount.ShouldBe(1);
        await using var source = NpgsqlDataSource.Create(testHosts.Database);
        await using var row = await source
            .CreateCommand(
                "select token, token like '%token-1%', last_login_at is not null and previous_login_at is null and "
                    + "login_lease_until is null, expires_at - last_login_at from integrations.provider_tokens"
            )
            .ExecuteReaderAsync(TestContext.Current.CancellationToken);
        (await row.ReadAsync(TestContext.Current.CancellationToken)).ShouldBeTrue();
        row.GetString(0).ShouldStartWith("v1:");
        (row.GetBoolean(1), row.GetBoolean(2), row.GetTimeSpan(3)).ShouldBe((false, true, TimeSpan.FromSeconds(86_400 - 300)));
        (await row.ReadAsync(TestContext.Current.CancellationToken)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_that_Toast_no_longer_accepts_is_replaced_once_for_all_callers()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync(), hostCount: 2);
        ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0]));
        testHosts.Toast.Tokens.Clear();
        testHosts.Toast.LoginDuration = TimeSpan.FromMilliseconds(200);

        var pages = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => ToastTestHosts.FetchPageAsync(testHosts.Hosts[i % 2])));

        pages.ShouldAllBe(page => page.Fault == null);
        testHosts.Toast.LoginCount.ShouldBe(2);
    }

    [Fact]
    public async Task A_third_login_within_an_hour_is_refused_with_the_time_of_the_next_one()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        for (var i = 0; i < 2; i++)
        {
            ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0]));
            testHosts.Toast.Tokens.Clear();
        }

        var fault = (await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0])).Fault.ShouldNotBeNull();

        fault.Error.Code.ShouldBe(ErrorCode.RateLimitExceeded);
        fault.Error.Message.ShouldContain("UTC");
        fault.RetryAfter!.Value.TotalMinutes.ShouldBeInRange(55, 60);
        testHosts.Toast.LoginCount.ShouldBe(2);
        // An hour later.
        await testHosts.SqlAsync(
            "update integrations.provider_tokens set previous_login_at = previous_login_at - interval '61 minutes', "
                + "last_login_at = last_login_at - interval '61 minutes'"
        );
        ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0]));
        testHosts.Toast.LoginCount.ShouldBe(3);
    }

    [Fact]
    public async Task Refused_credentials_stay_refused_and_are_not_tried_a_third_time()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        var wrong = ToastTestHosts.Credentials with { ClientSecret = "wrong" };
        for (var i = 0; i < 4; i++)
            (await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0], wrong)).Fault!.Error.ShouldSatisfyAllConditions(
                e => e.Code.ShouldBe(ErrorCode.InvalidCredentials),
                e => e.Field.ShouldBe("credentials.clientSecret"),
                e => e.Message.ShouldNotContain("wrong"),
                e => e.Message.ShouldNotContain("Jack")
            );

        testHosts.Toast.LoginCount.ShouldBe(2);
        ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0])); // the valid credentials are not delayed
    }

    [Fact]
    public async Task A_new_token_that_is_refused_at_once_is_requested_only_once_more()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        testHosts.Toast.InterceptAsync = async http =>
        {
            if (http.Request.Path.Value!.Contains("login", StringComparison.Ordinal))
                return false;
            await ToastStub.WriteErrorAsync(http, 401);
            return true;
        };

        (await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0])).Fault!.Error.Code.ShouldBe(ErrorCode.InvalidCredentials);

        testHosts.Toast.LoginCount.ShouldBe(2);
    }

    [Fact]
    public async Task A_login_without_a_response_does_not_count_and_fails_for_all_waiting_callers_at_once()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        var attempts = 0;
        testHosts.Toast.InterceptAsync = async http =>
        {
            Interlocked.Increment(ref attempts);
            await ToastStub.WriteErrorAsync(http, 503);
            return true;
        };

        var pages = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => ToastTestHosts.FetchPageAsync(testHosts.Hosts[0])));

        pages.ShouldAllBe(page => page.Fault!.Error.Code == ErrorCode.ProviderUnavailable);
        attempts.ShouldBe(4); // one login with three retries
        testHosts.Toast.InterceptAsync = _ => Task.FromResult(false);
        ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0]));
    }

    [Fact]
    public async Task A_token_is_replaced_when_it_cannot_be_decrypted_or_is_about_to_expire()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0]));
        await testHosts.SqlAsync("update integrations.provider_tokens set token = 'v1:00000000:00:00:00'");
        ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0]));
        testHosts.Toast.LoginCount.ShouldBe(2);

        await testHosts.SqlAsync("update integrations.provider_tokens set expires_at = now(), previous_login_at = null");
        ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0]));
        testHosts.Toast.LoginCount.ShouldBe(3);
    }

    [Fact]
    public async Task A_host_that_died_while_logging_in_delays_others_no_longer_than_its_lease()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0]));
        await testHosts.SqlAsync("update integrations.provider_tokens set token = null, login_lease_until = now() + interval '2 seconds'");

        ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0]));

        testHosts.Toast.LoginCount.ShouldBe(2);
    }

    [Fact]
    public async Task A_given_access_token_is_used_unchanged()
    {
        await using var testHosts = await ToastTestHosts.StartAsync(await postgres.CreateDatabaseAsync());
        testHosts.Toast.Tokens["ready"] = true;
        var ready = ToastTestHosts.Credentials with { ClientId = null, ClientSecret = null, AccessToken = "ready" };
        ShouldSucceed(await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0], ready));

        testHosts.Toast.Tokens.Clear();
        var fault = (await ToastTestHosts.FetchPageAsync(testHosts.Hosts[0], ready)).Fault.ShouldNotBeNull();

        (fault.Error.Code, fault.Error.Field).ShouldBe((ErrorCode.InvalidCredentials, "credentials.apiKey"));
        testHosts.Toast.LoginCount.ShouldBe(0);
    }
}
