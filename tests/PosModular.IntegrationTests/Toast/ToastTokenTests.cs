using Integrations.Contracts;
using Npgsql;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Errors;

namespace PosModular.IntegrationTests.Toast;

/// <summary>One login for all, and never more than two an hour.</summary>
public sealed class ToastTokenTests(TestPostgres postgres)
{
    private static void ShouldBeWell(Fetched<PosPage> page) => page.Fault?.Error.Message.ShouldBeNull();

    [Fact]
    public async Task A_thousand_calls_at_once_on_two_hosts_log_in_once()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync(), hosts: 2);
        house.Toast.LoginTakes = TimeSpan.FromMilliseconds(500);

        var pages = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => ToastHouse.PageAsync(house.Hosts[i % 2])));

        pages.ShouldAllBe(page => page.Fault == null);
        house.Toast.Logins.ShouldBe(1);
    }

    [Fact]
    public async Task The_token_is_sealed_and_other_restaurants_of_the_client_share_it()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0]));
        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0], ToastHouse.Credentials with { LocationId = Guid.NewGuid().ToString() }));

        house.Toast.Logins.ShouldBe(1);
        await using var source = NpgsqlDataSource.Create(house.Database);
        await using var row = await source
            .CreateCommand(
                "select token, token like '%token-1%', logged_in_at is not null and logged_in_before is null and login_until is null, expires_at - logged_in_at from integrations.provider_tokens"
            )
            .ExecuteReaderAsync(TestContext.Current.CancellationToken);
        (await row.ReadAsync(TestContext.Current.CancellationToken)).ShouldBeTrue();
        row.GetString(0).ShouldStartWith("v1:");
        (row.GetBoolean(1), row.GetBoolean(2), row.GetTimeSpan(3)).ShouldBe((false, true, TimeSpan.FromSeconds(86_400 - 300)));
        (await row.ReadAsync(TestContext.Current.CancellationToken)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_that_Toast_no_longer_accepts_is_replaced_once_for_all_who_hold_it()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync(), hosts: 2);
        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0]));
        house.Toast.Tokens.Clear();
        house.Toast.LoginTakes = TimeSpan.FromMilliseconds(200);

        var pages = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => ToastHouse.PageAsync(house.Hosts[i % 2])));

        pages.ShouldAllBe(page => page.Fault == null);
        house.Toast.Logins.ShouldBe(2);
    }

    [Fact]
    public async Task A_third_login_within_an_hour_is_not_made_and_it_is_told_when()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        for (var i = 0; i < 2; i++)
        {
            ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0]));
            house.Toast.Tokens.Clear();
        }

        var fault = (await ToastHouse.PageAsync(house.Hosts[0])).Fault.ShouldNotBeNull();

        fault.Error.Code.ShouldBe(ErrorCode.RateLimitExceeded);
        fault.Error.Message.ShouldContain("UTC");
        fault.RetryAfter!.Value.TotalMinutes.ShouldBeInRange(55, 60);
        house.Toast.Logins.ShouldBe(2);
        // An hour later.
        await house.SqlAsync(
            "update integrations.provider_tokens set logged_in_before = logged_in_before - interval '61 minutes', logged_in_at = logged_in_at - interval '61 minutes'"
        );
        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0]));
        house.Toast.Logins.ShouldBe(3);
    }

    [Fact]
    public async Task Refused_credentials_stay_refused_and_are_not_tried_a_third_time()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        var wrong = ToastHouse.Credentials with { ClientSecret = "wrong" };
        for (var i = 0; i < 4; i++)
            (await ToastHouse.PageAsync(house.Hosts[0], wrong)).Fault!.Error.ShouldSatisfyAllConditions(
                e => e.Code.ShouldBe(ErrorCode.InvalidCredentials),
                e => e.Field.ShouldBe("credentials.clientSecret"),
                e => e.Message.ShouldNotContain("wrong"),
                e => e.Message.ShouldNotContain("Jack")
            );

        house.Toast.Logins.ShouldBe(2);
        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0])); // the right ones are not held back
    }

    [Fact]
    public async Task A_token_that_is_refused_as_soon_as_it_is_given_is_asked_for_once_more_and_no_oftener()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        house.Toast.Instead = async http =>
        {
            if (http.Request.Path.Value!.Contains("login", StringComparison.Ordinal))
                return false;
            await ToastStub.RefuseAsync(http, 401);
            return true;
        };

        (await ToastHouse.PageAsync(house.Hosts[0])).Fault!.Error.Code.ShouldBe(ErrorCode.InvalidCredentials);

        house.Toast.Logins.ShouldBe(2);
    }

    [Fact]
    public async Task A_login_that_Toast_did_not_answer_does_not_count_and_fails_for_all_who_wait_at_once()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        var tried = 0;
        house.Toast.Instead = async http =>
        {
            Interlocked.Increment(ref tried);
            await ToastStub.RefuseAsync(http, 503);
            return true;
        };

        var pages = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => ToastHouse.PageAsync(house.Hosts[0])));

        pages.ShouldAllBe(page => page.Fault!.Error.Code == ErrorCode.ProviderUnavailable);
        tried.ShouldBe(4); // one login, tried again three times
        house.Toast.Instead = _ => Task.FromResult(false);
        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0]));
    }

    [Fact]
    public async Task A_token_sealed_with_another_key_is_replaced_and_so_is_one_near_its_end()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0]));
        await house.SqlAsync("update integrations.provider_tokens set token = 'v1:00000000:00:00:00'");
        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0]));
        house.Toast.Logins.ShouldBe(2);

        await house.SqlAsync("update integrations.provider_tokens set expires_at = now(), logged_in_before = null");
        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0]));
        house.Toast.Logins.ShouldBe(3);
    }

    [Fact]
    public async Task A_host_that_died_while_logging_in_holds_nobody_up_for_longer_than_its_lease()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0]));
        await house.SqlAsync("update integrations.provider_tokens set token = null, login_until = now() + interval '2 seconds'");

        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0]));

        house.Toast.Logins.ShouldBe(2);
    }

    [Fact]
    public async Task A_ready_token_is_used_as_it_is()
    {
        await using var house = await ToastHouse.OpenAsync(await postgres.CreateDatabaseAsync());
        house.Toast.Tokens["ready"] = true;
        var ready = ToastHouse.Credentials with { ClientId = null, ClientSecret = null, AccessToken = "ready" };
        ShouldBeWell(await ToastHouse.PageAsync(house.Hosts[0], ready));

        house.Toast.Tokens.Clear();
        var fault = (await ToastHouse.PageAsync(house.Hosts[0], ready)).Fault.ShouldNotBeNull();

        (fault.Error.Code, fault.Error.Field).ShouldBe((ErrorCode.InvalidCredentials, "credentials.apiKey"));
        house.Toast.Logins.ShouldBe(0);
    }
}
