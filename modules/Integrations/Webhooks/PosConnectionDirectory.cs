using System.Text;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Integrations.Webhooks;

/// <summary>All tills with their signature keys, in memory, so that a webhook is checked without asking the database. Read anew when a
/// connection changes here or on another host (the bell), and every minute.</summary>
internal sealed partial class PosConnectionDirectory(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IntegrationsSettings settings,
    FeedSignal signal,
    IClock clock,
    TimeProvider time,
    ILogger<PosConnectionDirectory> log
) : BackgroundService
{
    private const string FeedSource = "integrations.connections";

    // A forged request may make us look again, but not more often than this; whoever comes in between waits for the next look.
    private static readonly TimeSpan MinReadInterval = TimeSpan.FromMilliseconds(100);

    // Keys as last opened, by connection; only touched by the one who reads.
    private readonly Dictionary<Guid, List<byte[]>> _decryptedKeys = [];
    private readonly SemaphoreSlim _readLock = new(1);
    private volatile PosConnectionSnapshot? _snapshot;
    private long _readAt;
    private int _changeCount;

    /// <summary>The tills as last read; read now when they have not been yet.</summary>
    public async ValueTask<PosConnectionSnapshot> GetAsync(CancellationToken cancellationToken) =>
        _snapshot ?? await ReadAsync(() => _snapshot is null, cancellationToken);

    /// <summary>The tills as the database has them at or after this moment, for somebody who did not find what he looked for: at most ten looks a
    /// second, shared by all who wait.</summary>
    public async Task<PosConnectionSnapshot> ReadThrottledAsync(CancellationToken cancellationToken)
    {
        var requestedAt = time.GetTimestamp();
        return await ReadAsync(() => _snapshot is null || _readAt < requestedAt, cancellationToken, MinReadInterval);
    }

    /// <summary>The tills as the database has them at or after this moment; many callers share one reading.</summary>
    public Task<PosConnectionSnapshot> ReadLatestAsync(CancellationToken cancellationToken)
    {
        var requestedAt = time.GetTimestamp();
        return ReadAsync(() => _snapshot is null || _readAt < requestedAt, cancellationToken);
    }

    public void Invalidate(string venueId)
    {
        Interlocked.Increment(ref _changeCount);
        _snapshot = null;
        signal.Raise(FeedSource, [venueId]);
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
                // Only what is needed here: a newer host may have written things into the rest that this one cannot read.
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
                    continue; // something changed while we read: once more
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
        // Sealed anew by a newer host with a key that this one has not got: what was known stays good, so that its events flow on.
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
        using var listener = signal.Listen(FeedSource);
        while (!stoppingToken.IsCancellationRequested)
        {
            await listener.WaitAsync(TimeSpan.FromMinutes(1), time, stoppingToken);
            try
            {
                await ReadLatestAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogReadFailed(log, e.Message); // what is known stays good until they can be read again
            }
        }
    }

    [LoggerMessage(
        LogLevel.Error,
        "The signature keys of {Count} tills cannot be opened: they were sealed with another key. Put it into POS_ENCRYPTION_KEY or POS_ENCRYPTION_KEYS_OLD; until then their webhooks are answered 503, so that none is lost"
    )]
    private static partial void LogUndecryptableKeys(ILogger log, int count);

    [LoggerMessage(LogLevel.Warning, "The tills could not be read anew: {Reason}")]
    private static partial void LogReadFailed(ILogger log, string reason);
}

/// <summary>A till, the location its sales must come from, and the addresses and keys its events may be signed with.</summary>
/// <param name="Details">The till.</param>
/// <param name="LocationId">Square location id, Toast restaurant GUID.</param>
/// <param name="MerchantId">Whose it is.</param>
/// <param name="IsConnected">False once it was cut off.</param>
/// <param name="Urls">As given to the provider; first the one of now.</param>
/// <param name="Keys">First the one of now.</param>
/// <param name="HasUnreadableKey">One of its keys cannot be opened here.</param>
/// <param name="IsRotatingKey">Its key is just being changed.</param>
/// <param name="IsTesting">A test event is on its way to it.</param>
/// <param name="Currency">What its amounts are in.</param>
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

/// <summary>All tills at one moment.</summary>
internal sealed class PosConnectionSnapshot(IReadOnlyList<PosConnectionEntry> entries)
{
    private readonly Dictionary<Guid, PosConnectionEntry> _byConnection = entries.ToDictionary(e => e.Details.ConnectionId);
    private readonly ILookup<string, PosConnectionEntry> _byLocation = entries.ToLookup(e => e.LocationId);
    private readonly ILookup<string, PosConnectionEntry> _byMerchant = entries
        .Where(e => e.MerchantId is not null)
        .ToLookup(e => e.MerchantId!);

    /// <summary>How many have a key that none of our encryption keys opens.</summary>
    public int UnreadableCount { get; } = entries.Count(e => e.HasUnreadableKey);

    public PosConnectionEntry? Find(Provider provider, Guid connectionId) =>
        _byConnection.TryGetValue(connectionId, out var entry) && entry.Details.Provider == provider ? entry : null;

    /// <summary>The till of a location: the connected one or, when none is, the one connected last.</summary>
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
