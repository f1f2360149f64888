using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Ingestion.Transactions;

/// <summary>Finds connected locations without a payment for much longer than usual at this time of the week, as quietSince tells
/// it.</summary>
internal sealed class QuietAlerts(NpgsqlDataSource database, IPosConnections connections, IClock clock) : IAlertSource
{
    public IReadOnlyList<string> Kinds { get; } = [AlertKinds.ConnectionQuiet];

    public async Task<IReadOnlyList<FoundAlert>> FindAsync(CancellationToken cancellationToken)
    {
        var connected = (await connections.ListConnectedAsync(cancellationToken)).Select(c => c.Details).ToArray();
        await using var command = database
            .CreateCommand(QuietSince.Sql)
            .AddValues(
                connected.Select(c => c.VenueId).ToArray(),
                connected.Select(c => c.ConnectionId).ToArray(),
                clock.Now(),
                QuietSince.ComparedWeeks
            );
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<FoundAlert>();
        while (await row.ReadAsync(cancellationToken))
        {
            if (!QuietSince.IsQuiet(row.GetDouble(3), row.GetInt64(4)))
                continue;
            var connectionId = row.GetGuid(1);
            found.Add(
                new FoundAlert(
                    row.GetString(0),
                    AlertKinds.ConnectionQuiet,
                    connectionId.ToString(),
                    row.GetFieldValue<Instant>(2),
                    "No payment has come from this location for much longer than usual at this time of the week. Check that it is open, "
                        + "and that the provider sends its webhooks: posConnections { webhook { lastEventAt lastRefusal } }."
                )
                {
                    ConnectionId = connectionId,
                }
            );
        }
        return found;
    }
}
