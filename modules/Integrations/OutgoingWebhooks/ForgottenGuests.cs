using Integrations.Contracts.Webhooks;
using Npgsql;
using PosModular.Kernel.Data;

namespace Integrations.OutgoingWebhooks;

/// <summary>Deletes what is kept of guests who are forgotten.</summary>
internal sealed class ForgottenGuests : IOutgoingWebhooks
{
    // Whoever queues events holds these locks until the commit, so all events that were read before are there to be deleted.
    private const string LockReadersSql = "select from integrations.feed_positions where venue_id = $1 order by source for update";

    private const string DeleteSql = "delete from integrations.webhook_deliveries where venue_id = $1 and subject = $2";

    public async Task ForgetAsync(NpgsqlConnection connection, string venueId, string userId, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
            .AddCommand(LockReadersSql, venueId)
            .AddCommand(DeleteSql, venueId, VenueEvent.Member(userId));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
