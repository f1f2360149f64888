using System.Text.Json;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Faults;

namespace PosModular.IntegrationTests.Connections;

/// <summary>A location is shown with the names that its provider has today, not with those of the day it was connected.</summary>
public sealed class LocationNamesTests(TestPostgres postgres)
{
    private static readonly Instant Friday = Instant.FromUtc(2026, 11, 20, 20, 0);

    private readonly FakeClock _clock = new(Friday);

    private Task<TestVenue> OpenAsync(string database) => TestVenue.CreateAsync(database, UseFakeClock);

    private void UseFakeClock(IServiceCollection services) => services.AddSingleton<IClock>(_clock);

    private static void RenameAtSquare(TestVenue venue, string name)
    {
        venue.Simulator.Sellers.Put(venue.Seller.Location with { Name = name, TimeZone = "America/Chicago", Currency = "CAD" });
        venue.Simulator.Sellers.Put(venue.Seller.Merchant with { BusinessName = name + " Inc." });
    }

    private static async Task<string[]> NamesAsync(TestVenue venue) =>
        [
            .. (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { posConnections { locationName merchantName timeZone } } }"))
                .At("venue.posConnections")
                .EnumerateArray()
                .Select(c => string.Join(", ", c.EnumerateObject().Select(p => p.Value.GetString())))
                .Order(StringComparer.Ordinal),
        ];

    private static int CountRequests(TestVenue venue, string path) =>
        venue.Simulator.Requests.Requests.Count(r => r.Method == "GET" && r.Path.StartsWith(path, StringComparison.Ordinal));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            timeout.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>
    /// Moves the clock to a time at which a sync of each connection has just succeeded, makes all connections due for maintenance and
    /// waits until it is done.
    /// </summary>
    private async Task CheckConnectionsAtAsync(TestVenue venue, Instant at, (Guid Id, string Stream)[] connections)
    {
        await venue.SqlAsync<int>("update integrations.pos_connections set next_check_at = '2030-01-01'");
        _clock.Reset(at);
        foreach (var (id, stream) in connections)
            (
                await venue
                    .Host.Services.GetRequiredService<IPosConnections>()
                    .FetchPageAsync(
                        id,
                        new PageRequest(stream, at - Duration.FromHours(1), at, null),
                        TestContext.Current.CancellationToken
                    )
            ).Fault.ShouldBeNull();
        var subscription = CountRequests(venue, "/v2/webhooks/subscriptions/");
        await venue.SqlAsync<int>($"update integrations.pos_connections set next_check_at = '{at}'");
        // Maintenance of a Square connection ends with its subscription.
        await UntilAsync(async () =>
            CountRequests(venue, "/v2/webhooks/subscriptions/") > subscription
            && await venue.SqlAsync<bool>($"select bool_and(next_check_at > '{at}') from integrations.pos_connections")
        );
    }

    [Fact]
    public async Task Names_follow_the_provider_and_are_read_once_a_day_over_two_hosts()
    {
        await using var venue = await OpenAsync(await postgres.CreateDatabaseAsync());
        await venue.AddHostAsync(UseFakeClock);
        var (toast, toastId) = await venue.ConnectToastAsync();
        (Guid, string)[] connections = [(venue.ConnectionId, "payments-updated"), (toastId, "orders")];
        const string settings = "{ venue(id: \"bar\") { name timeZone currency dayCutoff } }";
        var venueBefore = (await venue.Owner.GetDataAsync(settings)).ToString();
        (await NamesAsync(venue)).ShouldBe(["Bar, Bar, America/New_York", "Harbour, Test Restaurant, America/New_York"]);
        RenameAtSquare(venue, "Nightjar");
        venue.Simulator.Toast.Restaurants.Put(
            toast.Restaurant with
            {
                Name = "Harbour Group",
                LocationName = "Pier 7",
                TimeZone = "America/Denver",
                CurrencyCode = "CAD",
            }
        );

        await CheckConnectionsAtAsync(venue, Friday + Duration.FromHours(20), connections);
        await CheckConnectionsAtAsync(venue, Friday + Duration.FromHours(24), connections);
        await UntilAsync(async () =>
            (await NamesAsync(venue)) is ["Nightjar, Nightjar Inc., America/Chicago", "Pier 7, Harbour Group, America/Denver"]
        );
        await CheckConnectionsAtAsync(venue, Friday + Duration.FromHours(47), connections);

        // Once when the location was connected and once on the day after.
        (CountRequests(venue, "/v2/locations/"), CountRequests(venue, "/restaurants/v1/restaurants/")).ShouldBe((2, 2));
        (await venue.SqlAsync<string>("select string_agg(currency, ',') from integrations.pos_connections")).ShouldBe("CAD,CAD");
        (await venue.Owner.GetDataAsync(settings)).ToString().ShouldBe(venueBefore);
    }

    [Fact]
    public async Task Updating_the_connection_refreshes_the_names_but_does_not_depend_on_them()
    {
        await using var venue = await OpenAsync(await postgres.CreateDatabaseAsync());
        async Task<JsonElement> ChangeAsync() =>
            (
                await venue.Moderator.GetDataAsync(
                    "mutation($id: ID!) { updatePosConnection(input: { connectionId: $id, syncIntervalSeconds: 60 }) { connection { "
                        + "locationName merchantName timeZone status } errors { code } } }",
                    new { id = venue.ConnectionId }
                )
            ).GetProperty("updatePosConnection");
        RenameAtSquare(venue, "Nightjar");

        (await ChangeAsync())
            .ToString()
            .ShouldBe(
                """{"connection":{"locationName":"Nightjar","merchantName":"Nightjar Inc.","timeZone":"America/Chicago","""
                    + "\"status\":\"CONNECTED\"},\"errors\":[]}"
            );

        RenameAtSquare(venue, "Owl");
        venue.Simulator.Faults.Add(new Fault { Path = "/v2/locations", Status = 403 });
        (await ChangeAsync())
            .ToString()
            .ShouldBe(
                """{"connection":{"locationName":"Nightjar","merchantName":"Nightjar Inc.","timeZone":"America/Chicago","""
                    + "\"status\":\"CONNECTED\"},\"errors\":[]}"
            );
    }
}
