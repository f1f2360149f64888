using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Clients;

/// <summary>The .NET client of docs/clients.md against the real host.</summary>
public sealed class PosModularClientTests(TestPostgres postgres)
{
    private const string Transactions = """
        query($venueId: ID!) { venue(id: $venueId) { transactions(order: OLDEST_FIRST) { nodes { cursor externalId } } } }
        """;

    [Fact]
    public async Task The_client_reads_follows_and_goes_on_after_the_host_was_gone()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        using var client = new PosModularClient(new Uri(venue.Host.Address, "/graphql"), () => Task.FromResult(venue.Owner.Token!));
        await venue.PostWebhookAsync(venue.PaymentEvent("before"));
        var data = await client.SendAsync(Transactions, new { venueId = TestVenue.VenueId }, TestContext.Current.CancellationToken);
        var cursor = data.At("venue.transactions.nodes.0.cursor").GetString();

        var received = new List<string?>();
        var restarting = Task.CompletedTask;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await venue.PostWebhookAsync(venue.PaymentEvent("second"));
        await Should.ThrowAsync<OperationCanceledException>(() =>
            client.FollowTransactionsAsync(TestVenue.VenueId, cursor, OnTransactionAsync, ending.Token)
        );
        await restarting;
        received.ShouldBe(["second", "third"]);

        async Task OnTransactionAsync(JsonElement transaction)
        {
            received.Add(transaction.At("externalId").GetString());
            if (received.Count == 1)
                restarting = RestartAsync();
            else
                await ending.CancelAsync();
        }

        // Another host takes over the address of the first one.
        async Task RestartAsync()
        {
            var port = venue.Host.Address.Port;
            await venue.Host.DisposeAsync();
            venue.Hosts[0] = await TestHost.StartAsync(venue.Database, venue.Settings, services =>
                services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(IPAddress.Loopback, port))
            );
            await venue.PostWebhookAsync(venue.PaymentEvent("third"));
        }
    }

    [Fact]
    public async Task A_refusal_names_its_code()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        using var stranger = new PosModularClient(new Uri(venue.Host.Address, "/graphql"), () => Task.FromResult("not a token"));
        using var client = new PosModularClient(new Uri(venue.Host.Address, "/graphql"), () => Task.FromResult(venue.Owner.Token!));

        (
            await Should.ThrowAsync<InvalidOperationException>(() => stranger.SendAsync(Transactions, new { venueId = "bar" }))
        ).Message.ShouldStartWith("UNAUTHENTICATED: ");
        (
            await Should.ThrowAsync<InvalidOperationException>(() =>
                client.FollowTransactionsAsync("bar", "not a cursor", _ => Task.CompletedTask, TestContext.Current.CancellationToken)
            )
        ).Message.ShouldStartWith("INVALID_INPUT: ");
    }
}
