using System.Text.Json;
using Integrations.Contracts;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Faults;

namespace PosModular.IntegrationTests.Connections;

/// <summary>A location is shown as its provider calls it today, not as on the day it was connected.</summary>
public sealed class LocationNamesTests(TestPostgres postgres)
{
    private static readonly Instant Friday = Instant.FromUtc(2026, 11, 20, 20, 0);

    private readonly FakeClock _clock = new(Friday);

    private Task<Bar> OpenAsync(string database) => Bar.OpenAsync(database, AtMyTime);

    private void AtMyTime(IServiceCollection services) => services.AddSingleton<IClock>(_clock);

    private static void RenameAtSquare(Bar bar, string name)
    {
        bar.Square.Sellers.Put(bar.Till.Location with { Name = name, TimeZone = "America/Chicago", Currency = "CAD" });
        bar.Square.Sellers.Put(bar.Till.Merchant with { BusinessName = name + " Inc." });
    }

    private static async Task<string[]> NamesAsync(Bar bar) =>
        [
            .. (await bar.Owner.DataAsync("{ venue(id: \"bar\") { posConnections { locationName merchantName timeZone } } }"))
                .At("venue.posConnections")
                .EnumerateArray()
                .Select(c => string.Join(", ", c.EnumerateObject().Select(p => p.Value.GetString())))
                .Order(StringComparer.Ordinal),
        ];

    private static int Asked(Bar bar, string path) =>
        bar.Square.Requests.Requests.Count(r => r.Method == "GET" && r.Path.StartsWith(path, StringComparison.Ordinal));

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await holds())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>A time at which syncs go well: both tills have just been called. Then they are due to be looked after, and are.</summary>
    private async Task LookedAfterAtAsync(Bar bar, Instant at, (Guid Id, string Stream)[] tills)
    {
        await bar.SqlAsync<int>("update integrations.pos_connections set next_check_at = '2030-01-01'");
        _clock.Reset(at);
        foreach (var (id, stream) in tills)
            (
                await bar
                    .Host.Services.GetRequiredService<ITills>()
                    .FetchPageAsync(
                        id,
                        new PageRequest(stream, at - Duration.FromHours(1), at, null),
                        TestContext.Current.CancellationToken
                    )
            ).Fault.ShouldBeNull();
        var subscription = Asked(bar, "/v2/webhooks/subscriptions/");
        await bar.SqlAsync<int>($"update integrations.pos_connections set next_check_at = '{at}'");
        // The last that is looked at of a Square till is its subscription.
        await UntilAsync(async () =>
            Asked(bar, "/v2/webhooks/subscriptions/") > subscription
            && await bar.SqlAsync<bool>($"select bool_and(next_check_at > '{at}') from integrations.pos_connections")
        );
    }

    [Fact]
    public async Task Names_follow_the_provider_and_are_asked_for_once_a_day_over_two_hosts()
    {
        await using var bar = await OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.AddHostAsync(AtMyTime);
        var (toast, toastId) = await bar.ConnectToastAsync();
        (Guid, string)[] tills = [(bar.ConnectionId, "payments-updated"), (toastId, "orders")];
        const string settings = "{ venue(id: \"bar\") { name timeZone currency dayCutoff } }";
        var venue = (await bar.Owner.DataAsync(settings)).ToString();
        (await NamesAsync(bar)).ShouldBe(["Bar, Bar, America/New_York", "Harbour, Test Tavern, America/New_York"]);
        RenameAtSquare(bar, "Nightjar");
        bar.Square.Toast.Restaurants.Put(
            toast.Restaurant with
            {
                Name = "Tavern Group",
                LocationName = "Pier 7",
                TimeZone = "America/Denver",
                CurrencyCode = "CAD",
            }
        );

        await LookedAfterAtAsync(bar, Friday + Duration.FromHours(20), tills);
        await LookedAfterAtAsync(bar, Friday + Duration.FromHours(24), tills);
        await UntilAsync(async () =>
            (await NamesAsync(bar)) is ["Nightjar, Nightjar Inc., America/Chicago", "Pier 7, Tavern Group, America/Denver"]
        );
        await LookedAfterAtAsync(bar, Friday + Duration.FromHours(47), tills);

        // Once when it was connected, once on the day after.
        (Asked(bar, "/v2/locations/"), Asked(bar, "/restaurants/v1/restaurants/")).ShouldBe((2, 2));
        (await bar.SqlAsync<string>("select string_agg(currency, ',') from integrations.pos_connections")).ShouldBe("CAD,CAD");
        (await bar.Owner.DataAsync(settings)).ToString().ShouldBe(venue);
    }

    [Fact]
    public async Task A_change_of_the_connection_reads_the_names_too_and_does_not_need_them()
    {
        await using var bar = await OpenAsync(await postgres.CreateDatabaseAsync());
        async Task<JsonElement> ChangeAsync() =>
            (
                await bar.Moderator.DataAsync(
                    "mutation($id: ID!) { updatePosConnection(input: { connectionId: $id, syncIntervalSeconds: 60 }) { connection { locationName merchantName timeZone status } errors { code } } }",
                    new { id = bar.ConnectionId }
                )
            ).GetProperty("updatePosConnection");
        RenameAtSquare(bar, "Nightjar");

        (await ChangeAsync())
            .ToString()
            .ShouldBe(
                """{"connection":{"locationName":"Nightjar","merchantName":"Nightjar Inc.","timeZone":"America/Chicago","status":"CONNECTED"},"errors":[]}"""
            );

        RenameAtSquare(bar, "Owl");
        bar.Square.Faults.Arm(new Fault { Path = "/v2/locations", Status = 403 });
        (await ChangeAsync())
            .ToString()
            .ShouldBe(
                """{"connection":{"locationName":"Nightjar","merchantName":"Nightjar Inc.","timeZone":"America/Chicago","status":"CONNECTED"},"errors":[]}"""
            );
    }
}
