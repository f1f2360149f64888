using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>A delivery that this host sends now.</summary>
/// <param name="Id">The delivery's id, which is also the <c>webhook-id</c>.</param>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="Payload">The JSON body.</param>
/// <param name="Attempts">How often it was tried before.</param>
/// <param name="LeasedUntil">Until when no other host sends it.</param>
/// <param name="Url">The address.</param>
/// <param name="Secret">The secret that signs, encrypted.</param>
/// <param name="PreviousSecret">A second secret that signs, encrypted; null when there is none.</param>
internal sealed record ClaimedDelivery(
    Guid Id,
    Guid EndpointId,
    string Payload,
    int Attempts,
    Instant LeasedUntil,
    string Url,
    string Secret,
    string? PreviousSecret
);

/// <summary>What came of an attempt.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="Succeeded">Whether the endpoint accepted it.</param>
/// <param name="Gone">Whether the endpoint asks for no further events (410).</param>
/// <param name="Response">The answer, or why there was none.</param>
internal sealed record AttemptResult(ClaimedDelivery Delivery, bool Succeeded, bool Gone, string Response);

/// <summary>Claims due deliveries for this host, many in one statement, and stores what came of them.</summary>
internal sealed class DeliveryQueue(NpgsqlDataSource database, IClock clock)
{
    /// <summary>How long an endpoint may fail without a success before it is paused.</summary>
    public static readonly Duration MaxFailure = Duration.FromDays(5);

    // Longer than an attempt and the saving of its result may take. After a crash another host sends it when this has passed.
    private static readonly Duration Lease = Duration.FromSeconds(15);

    /// <param name="busyEndpoints">Endpoints that have enough to do on this host.</param>
    /// <param name="maxPerEndpoint">The largest number of deliveries of one endpoint.</param>
    /// <param name="maxDeliveries">The largest number of deliveries.</param>
    /// <param name="cancellationToken">Cancels the claim.</param>
    public async Task<IReadOnlyList<ClaimedDelivery>> ClaimAsync(
        Guid[] busyEndpoints,
        int maxPerEndpoint,
        int maxDeliveries,
        CancellationToken cancellationToken
    )
    {
        var now = clock.Now();
        var leasedUntil = now + Lease;
        await using var command = database
            .CreateCommand(DeliverySql.Claim)
            .AddValues(now, leasedUntil, (long)maxPerEndpoint, busyEndpoints, (long)maxDeliveries);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var claimed = new List<(long Number, ClaimedDelivery Delivery)>();
        while (await row.ReadAsync(cancellationToken))
            claimed.Add(
                (
                    row.GetInt64(2),
                    new ClaimedDelivery(
                        row.GetGuid(0),
                        row.GetGuid(1),
                        row.GetString(3),
                        row.GetInt32(4),
                        leasedUntil,
                        row.GetString(5),
                        row.GetString(6),
                        row.IsDBNull(7) || row.GetFieldValue<Instant>(8) <= now ? null : row.GetString(7)
                    )
                )
            );
        return [.. claimed.OrderBy(c => c.Number).Select(c => c.Delivery)];
    }

    public async Task CompleteAsync(IReadOnlyList<AttemptResult> results, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var states = results.Select(r => StateAfter(r, now)).ToArray();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection).AddCommand(
            DeliverySql.Complete,
            Values(results, r => r.Delivery.Id),
            Values(results, r => r.Delivery.LeasedUntil),
            Values(states, s => (short)s.Status),
            SqlParameters.NullableArray(NpgsqlDbType.TimestampTz, Values(states, s => s.NextAttemptAt)),
            Values(results, r => r.Response),
            now
        );
        var succeeded = results.Where(r => r.Succeeded).Select(r => r.Delivery.EndpointId).ToHashSet();
        if (succeeded.Count > 0)
            batch.AddCommand(DeliverySql.EndpointsSucceeded, succeeded.ToArray(), now);
        var failed = results.Where(r => !succeeded.Contains(r.Delivery.EndpointId)).GroupBy(r => r.Delivery.EndpointId).ToArray();
        if (failed.Length > 0)
            batch.AddCommand(
                DeliverySql.EndpointsFailed,
                Values(failed, f => f.Key),
                Values(failed, f => f.Any(r => r.Gone)),
                now,
                now - MaxFailure
            );
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static (DeliveryStatus Status, Instant? NextAttemptAt) StateAfter(AttemptResult result, Instant now) =>
        result.Succeeded ? (DeliveryStatus.Delivered, null)
        : RetryDelays.After(result.Delivery.Attempts + 1) is { } delay ? (DeliveryStatus.Pending, now + delay)
        : (DeliveryStatus.Failed, null);

    private static T[] Values<TItem, T>(IReadOnlyList<TItem> items, Func<TItem, T> value) => [.. items.Select(value)];
}
