using System.Diagnostics;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Clients;

/// <summary>Runs the tests of one client in Node, with a venue of their own.</summary>
internal static class NodeClient
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "PosModular.Clients");

    /// <summary>Fails with the output of the tests when one of them fails.</summary>
    public static async Task RunAsync(TestVenue venue, string script)
    {
        var venueId = "venue-of-" + script.Split('.')[0];
        var seller = venue.Simulator.Sellers.AddSeller(
            new SellerDraft { LocationId = "L" + script.Split('.')[0], AccessToken = "token-of-" + venueId }
        );
        await venue.RegisterVenueAsync(venueId, TestVenue.OwnerId);
        var (_, webhookUrl, webhookKey) = await venue.ConnectSquareAsync(venueId, seller);
        await RunAsync(
            script,
            new Dictionary<string, string>
            {
                ["POS_URL"] = new Uri(venue.Host.Address, "/graphql").ToString(),
                ["POS_TOKEN"] = venue.Owner.Token!,
                ["POS_VENUE"] = venueId,
                ["POS_WEBHOOK_URL"] = webhookUrl,
                ["POS_WEBHOOK_KEY"] = webhookKey,
                ["POS_MERCHANT"] = seller.Merchant.Id,
                ["POS_LOCATION"] = seller.Location.Id,
            }
        );
    }

    /// <summary>Runs a script that needs no host; fails with its output when it fails.</summary>
    public static Task RunAsync(string script) => RunAsync(script, new Dictionary<string, string>());

    private static async Task RunAsync(string script, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(script);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        using var node = Process.Start(start)!;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            var errors = node.StandardError.ReadToEndAsync(timeout.Token);
            var output = await node.StandardOutput.ReadToEndAsync(timeout.Token);
            await node.WaitForExitAsync(timeout.Token);
            node.ExitCode.ShouldBe(0, output + await errors);
        }
        finally
        {
            if (!node.HasExited)
                node.Kill(entireProcessTree: true);
        }
    }
}
