using System.Text;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.Webhooks;

/// <summary>All connections with their signature keys, in memory, so that webhooks are verified without a database query. <see
/// cref="DropSignatureKeys"/> drops them after a change; they are also read again every minute.</summary>
internal sealed partial class PosConnectionDirectory(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IntegrationsSettings settings,
    IClock clock,
    TimeProvider time,
    ILogger<PosConnectionDirectory> log
) : BackgroundService
{
    // Forged requests can trigger a new reading, but no more often than this. Requests in between share the next reading.
    private static readonly TimeSpan MinReadInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(1);

    // The decrypted keys of each connection as last read. Only the holder of the lock accesses it.
    private readonly Dictionary<Guid, List<byte[]>> _decryptedKeys = [];
    private readonly SemaphoreSlim _readLock = new(1);
    private volatile PosConnectionSnapshot? _snapshot;
    private long _readAt;
    private int _changeCount;

    /// <summary>The connections as last read; read now when they are not in memory.</summary>
    public async ValueTask<PosConnectionSnapshot> GetAsync(CancellationToken cancellationToken) =>
        _snapshot ?? await ReadAsync(() => _snapshot is null, cancellationToken);

    /// <summary>The connections as the database holds them at this moment or later, for a caller that did not find what it looked for.
    /// Readings are limited to ten per second and shared by all waiting callers.</summary>
    public async Task<PosConnectionSnapshot> ReadThrottledAsync(CancellationToken cancellationToken)
    {
        var requestedAt = time.GetTimestamp();
        return await ReadAsync(() => _snapshot is null || _readAt < requestedAt, cancellationToken, MinReadInterval);
    }

    /// <summary>The connections as the database holds them at this moment or later. Concurrent callers share one reading.</summary>
    public Task<PosConnectionSnapshot> ReadLatestAsync(CancellationToken cancellationToken)
    {
        var requestedAt = time.GetTimestamp();
        return ReadAsync(() => _snapshot is null || _readAt < requestedAt, cancellationToken);
    }

    /// <summary>Drops the connections from memory. A reading that is under way is repeated, because it may have missed the
    /// change.</summary>
    public void Drop()
    {
        Interlocked.Increment(ref _changeCount);
        _snapshot = null;
    }

    private async Task<PosConnectionSnapshot> ReadAsync(
        Func<bool> isStale,
        CancellationToken cancellationToken,
        TimeSpan minInterval = default
    )
    {
        await _readLock.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                if (!isStale() && _snapshot is { } current)
                    return current;
                if (_snapshot is not null && minInterval - time.GetElapsedTime(_readAt) is var remaining && remaining > TimeSpan.Zero)
                    await time.DelayAsync(remaining, cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
                var (startedAt, changes) = (time.GetTimestamp(), Volatile.Read(ref _changeCount));
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                // Only the columns needed here are read: a newer host may have written values into others that this one cannot read.
                var rows = await db
                    .Connections.AsNoTracking()
                    .Select(c => new ConnectionKeysRow(
                        c.Id,
                        c.VenueId,
                        c.Provider,
                        c.MerchantId,
                        c.ExternalLocationId,
                        c.DisconnectedAt == null,
                        c.ProcessRules,
                        c.NotificationUrl,
                        c.OtherNotificationUrl,
                        c.OtherNotificationUrlUntil,
                        c.SignatureKey,
                        c.PreviousSignatureKey,
                        c.PreviousSignatureKeyUntil,
                        c.RotatingUntil,
                        c.TestingUntil,
                        c.Currency
                    ))
                    .ToListAsync(cancellationToken);
                var snapshot = new PosConnectionSnapshot([.. rows.Select(CreateEntry)]);
                if (snapshot.UnreadableCount is > 0 and var count)
                    LogUndecryptableKeys(log, count);
                if (changes != Volatile.Read(ref _changeCount))
                    continue; // something changed during the reading, so it is repeated
                (_readAt, _snapshot) = (startedAt, snapshot);
                return snapshot;
            }
        }
        finally
        {
            _readLock.Release();
        }
    }

    private PosConnectionEntry CreateEntry(ConnectionKeysRow row)
    {
        var (now, keys, unreadable) = (clock.Now(), new List<byte[]>(2), false);
        foreach (
            var (value, purpose) in new[]
            {
                (row.SignatureKey, SecretPurpose.SignatureKey(row.Id)),
                (row.PreviousUntil > now ? row.PreviousKey : null, SecretPurpose.PreviousSignatureKey(row.Id)),
            }
        )
        {
            var key = value is null ? null : settings.SecretCipher.Decrypt(value, purpose);
            unreadable |= value is not null && key is null;
            if (key is { Length: > 0 })
                keys.Add(Encoding.UTF8.GetBytes(key));
        }
        // A newer host may have encrypted the keys with an encryption key that this host lacks. The keys known so far stay valid, so that
        // events are still accepted.
        if (unreadable && _decryptedKeys.TryGetValue(row.Id, out var previousKeys))
            keys.AddRange(previousKeys.Where(k => !keys.Any(key => key.AsSpan().SequenceEqual(k))));
        else if (!unreadable)
            _decryptedKeys[row.Id] = keys;
        byte[][] urls =
            row.OtherUrl is not null && (row.OtherUrlUntil is null || row.OtherUrlUntil > now)
                ? [Encoding.UTF8.GetBytes(row.NotificationUrl), Encoding.UTF8.GetBytes(row.OtherUrl)]
                : [Encoding.UTF8.GetBytes(row.NotificationUrl)];
        return new PosConnectionEntry(
            new PosConnectionDetails(row.Id, row.VenueId, row.Provider, row.MerchantId ?? row.LocationId, row.ProcessRules),
            row.LocationId,
            row.MerchantId,
            row.IsConnected,
            urls,
            keys,
            unreadable,
            row.RotatingUntil > now,
            row.TestingUntil > now,
            row.Currency
        );
    }

    private sealed record ConnectionKeysRow(
        Guid Id,
        string VenueId,
        Provider Provider,
        string? MerchantId,
        string LocationId,
        bool IsConnected,
        bool ProcessRules,
        string NotificationUrl,
        string? OtherUrl,
        Instant? OtherUrlUntil,
        string? SignatureKey,
        string? PreviousKey,
        Instant? PreviousUntil,
        Instant? RotatingUntil,
        Instant? TestingUntil,
        string? Currency
    );

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await time.DelayAsync(RefreshInterval, stoppingToken);
            try
            {
                await ReadLatestAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogReadFailed(log, e.Message); // the connections in memory stay valid until they can be read again
            }
        }
    }

    [LoggerMessage(
        LogLevel.Error,
        "The signature keys of {Count} connections cannot be decrypted: they were encrypted with another key. Add it to "
            + "POS_ENCRYPTION_KEY or POS_ENCRYPTION_KEYS_OLD; until then their webhooks are answered with 503, so that none "
            + "is lost"
    )]
    private static partial void LogUndecryptableKeys(ILogger log, int count);

    [LoggerMessage(
        LogLevel.Warning,
        "The connections could not be read again; the ones in memory stay in use until the next attempt in a minute: " + "{Reason}"
    )]
    private static partial void LogReadFailed(ILogger log, string reason);
}

/// <summary>A connection with the location whose payments it accepts and the URLs and keys with which its events may be signed.</summary>
/// <param name="Details">The connection.</param>
/// <param name="LocationId">The Square location id or Toast restaurant GUID.</param>
/// <param name="MerchantId">The merchant that owns the location.</param>
/// <param name="IsConnected">False after a disconnect.</param>
/// <param name="Urls">The accepted URLs; the current one comes first.</param>
/// <param name="Keys">The accepted keys; the current one comes first.</param>
/// <param name="HasUnreadableKey">Whether one of its keys cannot be decrypted on this host.</param>
/// <param name="IsRotatingKey">Whether its key is being rotated at the moment.</param>
/// <param name="IsTesting">Whether a test event may be on its way.</param>
/// <param name="Currency">The currency of its amounts.</param>
internal sealed record PosConnectionEntry(
    PosConnectionDetails Details,
    string LocationId,
    string? MerchantId,
    bool IsConnected,
    IReadOnlyList<byte[]> Urls,
    IReadOnlyList<byte[]> Keys,
    bool HasUnreadableKey,
    bool IsRotatingKey,
    bool IsTesting,
    string? Currency
);

/// <summary>All connections at one moment.</summary>
internal sealed class PosConnectionSnapshot(IReadOnlyList<PosConnectionEntry> entries)
{
    private readonly Dictionary<Guid, PosConnectionEntry> _byConnection = entries.ToDictionary(e => e.Details.ConnectionId);
    private readonly ILookup<string, PosConnectionEntry> _byLocation = entries.ToLookup(e => e.LocationId);
    private readonly ILookup<string, PosConnectionEntry> _byMerchant = entries
        .Where(e => e.MerchantId is not null)
        .ToLookup(e => e.MerchantId!);

    /// <summary>The number of connections with a key that cannot be decrypted.</summary>
    public int UnreadableCount { get; } = entries.Count(e => e.HasUnreadableKey);

    public PosConnectionEntry? Find(Provider provider, Guid connectionId) =>
        _byConnection.TryGetValue(connectionId, out var entry) && entry.Details.Provider == provider ? entry : null;

    /// <summary>The connection of a location: the connected one or, when none is, the latest one.</summary>
    public PosConnectionEntry? FindByLocation(Provider provider, string? locationId) =>
        locationId is null
            ? null
            : _byLocation[locationId]
                .Where(e => e.Details.Provider == provider)
                .OrderByDescending(e => e.IsConnected)
                .ThenByDescending(e => e.Details.ConnectionId)
                .FirstOrDefault();

    public IEnumerable<PosConnectionEntry> AllOf(Provider provider) => entries.Where(e => e.Details.Provider == provider);

    public IEnumerable<PosConnectionEntry> FindByMerchantOrLocation(Provider provider, string? merchantId, string? locationId) =>
        (merchantId is null ? [] : _byMerchant[merchantId])
            .Concat(locationId is null ? [] : _byLocation[locationId])
            .Where(e => e.Details.Provider == provider)
            .Distinct();
}
