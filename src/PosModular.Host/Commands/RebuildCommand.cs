using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using PosModular.Host.Development;

namespace PosModular.Host.Commands;

/// <summary>Recomputes what follows from the transactions of one venue or of all of them, as rebuildVenue does, and prints what
/// differed.</summary>
internal static class RebuildCommand
{
    public const string Usage = "rebuild [--venue ID] [--dry-run]";

    /// <summary>Returns 0 when everything fits or was corrected; 1 when something differs after a dry run, could not be compared, or
    /// does not exist; 2 for wrong arguments.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (Parse(args) is not var (venueId, dryRun))
        {
            await System.Console.Error.WriteLineAsync("usage: " + Usage);
            return 2;
        }
        var builder = PosHost.CreateBuilder([]);
        await using var embedded = await builder.StartPostgresAsync();
        await using var app = PosHost.Build(builder);
        await Database.MigrateAsync(app.Services, CancellationToken.None);
        return await RunAsync(app.Services, venueId, dryRun, System.Console.Out, CancellationToken.None);
    }

    internal static async Task<int> RunAsync(
        IServiceProvider services,
        string? venueId,
        bool dryRun,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        var venueIds = await services.GetRequiredService<IVenues>().ListIdsAsync(cancellationToken);
        if (venueId is not null && !venueIds.Contains(venueId))
        {
            await output.WriteLineAsync($"There is no venue {venueId}.");
            return 1;
        }
        var fits = true;
        foreach (var id in venueId is null ? venueIds : [venueId])
        {
            var (count, isComplete) = (0, true);
            foreach (var rebuild in services.GetServices<IVenueRebuild>())
                if (await rebuild.RunAsync(id, dryRun, cancellationToken) is { } differences)
                    foreach (var difference in differences)
                    {
                        count++;
                        await output.WriteLineAsync($"{id}: {difference.Text}");
                    }
                else
                    isComplete = false;
            fits &= isComplete && (count == 0 || !dryRun);
            await output.WriteLineAsync($"{id}: {Summary(count, dryRun)}{(isComplete ? "" : " Not everything could be compared.")}");
        }
        return fits ? 0 : 1;
    }

    private static string Summary(int count, bool dryRun) =>
        count == 0 ? "nothing differs."
        : dryRun ? $"{count} differences."
        : $"{count} differences, which were corrected.";

    private static (string? VenueId, bool DryRun)? Parse(string[] args)
    {
        var (venueId, dryRun) = ((string?)null, false);
        for (var i = 0; i < args.Length; i++)
            if (args[i] == "--dry-run")
                dryRun = true;
            else if (args[i] == "--venue" && i + 1 < args.Length)
                venueId = args[++i];
            else
                return null;
        return (venueId, dryRun);
    }
}
