using System.Text;
using Integrations.Contracts;
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
internal sealed partial class TillDirectory(
    IDbContextFactory<IntegrationsDb> dbs,
    IntegrationsSettings settings,
    FeedSignal bell,
    IClock clock,
    TimeProvider time,
    ILogger<TillDirectory> log
) : BackgroundService
{
    private const string Bell = "integrations.tills";

    // A forged request may make us look again, but not more often than this; whoever comes in between waits for the next look.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Keys as last opened, by connection; only touched by the one who reads.
    private readonly Dictionary<Guid, List<byte[]>> _known = [];
    private readonly SemaphoreSlim _one = new(1);
    private volatile Tills? _tills;
    private long _readAt;
    private int _changes;

    /// <summary>The tills as last read; read now when they have not been yet.</summary>
    public async ValueTask<Tills> GetAsync(CancellationToken cancellationToken) =>
        _tills ?? await ReadAsync(() => _tills is null, cancellationToken);

    /// <summary>The tills as the database has them at or after this moment, for somebody who did not find what he looked for: at most ten looks a
    /// second, shared by all who wait.</summary>
    public async Task<Tills> LookAgainAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        return await ReadAsync(() => _tills is null || _readAt < asked, cancellationToken, Pause);
    }

    /// <summary>The tills as the database has them at or after this moment; many callers share one reading.</summary>
    public Task<Tills> ReadNowAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        return ReadAsync(() => _tills is null || _readAt < asked, cancellationToken);
    }

    public void Changed(string venueId)
    {
        Interlocked.Increment(ref _changes);
        _tills = null;
        bell.Raise(Bell, [venueId]);
    }

    private async Task<Tills> ReadAsync(Func<bool> isStale, CancellationToken cancellationToken, TimeSpan pause = default)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                if (!isStale() && _tills is { } known)
                    return known;
                if (_tills is not null && pause - time.GetElapsedTime(_readAt) is var rest && rest > TimeSpan.Zero)
                    await time.DelayAsync(rest, cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
                var (at, changes) = (time.GetTimestamp(), Volatile.Read(ref _changes));
                await using var db = await dbs.CreateDbContextAsync(cancellationToken);
                // Only what is needed here: a newer host may have written things into the rest that this one cannot read.
                var rows = await db
                    .Connections.AsNoTracking()
                    .Select(c => new TillKeys(
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
                var read = new Tills([.. rows.Select(Entry)]);
                if (read.Unreadable is > 0 and var count)
                    Sealed(log, count);
                if (changes != Volatile.Read(ref _changes))
                    continue; // something changed while we read: once more
                (_readAt, _tills) = (at, read);
                return read;
            }
        }
        finally
        {
            _one.Release();
        }
    }

    private TillEntry Entry(TillKeys c)
    {
        var (now, keys, unreadable) = (clock.Now(), new List<byte[]>(2), false);
        foreach (
            var (value, purpose) in new[]
            {
                (c.SignatureKey, Purpose.SignatureKey(c.Id)),
                (c.PreviousUntil > now ? c.PreviousKey : null, Purpose.PreviousSignatureKey(c.Id)),
            }
        )
        {
            var key = value is null ? null : settings.Vault.Open(value, purpose);
            unreadable |= value is not null && key is null;
            if (key is { Length: > 0 })
                keys.Add(Encoding.UTF8.GetBytes(key));
        }
        // Sealed anew by a newer host with a key that this one has not got: what was known stays good, so that its events flow on.
        if (unreadable && _known.TryGetValue(c.Id, out var before))
            keys.AddRange(before.Where(k => !keys.Any(known => known.AsSpan().SequenceEqual(k))));
        else if (!unreadable)
            _known[c.Id] = keys;
        byte[][] urls =
            c.OtherUrl is not null && (c.OtherUrlUntil is null || c.OtherUrlUntil > now)
                ? [Encoding.UTF8.GetBytes(c.NotificationUrl), Encoding.UTF8.GetBytes(c.OtherUrl)]
                : [Encoding.UTF8.GetBytes(c.NotificationUrl)];
        return new TillEntry(
            new Till(c.Id, c.VenueId, c.Provider, c.MerchantId ?? c.LocationId, c.ProcessRules),
            c.LocationId,
            c.MerchantId,
            c.Connected,
            urls,
            keys,
            unreadable,
            c.RotatingUntil > now,
            c.TestingUntil > now,
            c.Currency
        );
    }

    private sealed record TillKeys(
        Guid Id,
        string VenueId,
        Provider Provider,
        string? MerchantId,
        string LocationId,
        bool Connected,
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
        using var rope = bell.Listen(Bell);
        while (!stoppingToken.IsCancellationRequested)
        {
            await rope.WaitAsync(TimeSpan.FromMinutes(1), time, stoppingToken);
            try
            {
                await ReadNowAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Unread(log, e.Message); // what is known stays good until they can be read again
            }
        }
    }

    [LoggerMessage(
        LogLevel.Error,
        "The signature keys of {Count} tills cannot be opened: they were sealed with another key. Put it into POS_ENCRYPTION_KEY or POS_ENCRYPTION_KEYS_OLD; until then their webhooks are answered 503, so that none is lost"
    )]
    private static partial void Sealed(ILogger log, int count);

    [LoggerMessage(LogLevel.Warning, "The tills could not be read anew: {Reason}")]
    private static partial void Unread(ILogger log, string reason);
}

/// <summary>A till, the location its sales must come from, and the addresses and keys its events may be signed with.</summary>
/// <param name="Till">The till.</param>
/// <param name="LocationId">Square location id, Toast restaurant GUID.</param>
/// <param name="MerchantId">Whose it is.</param>
/// <param name="Connected">False once it was cut off.</param>
/// <param name="Urls">As given to the provider; first the one of now.</param>
/// <param name="Keys">First the one of now.</param>
/// <param name="Unreadable">One of its keys cannot be opened here.</param>
/// <param name="Rotating">Its key is just being changed.</param>
/// <param name="Testing">A test event is on its way to it.</param>
/// <param name="Currency">What its amounts are in.</param>
internal sealed record TillEntry(
    Till Till,
    string LocationId,
    string? MerchantId,
    bool Connected,
    IReadOnlyList<byte[]> Urls,
    IReadOnlyList<byte[]> Keys,
    bool Unreadable,
    bool Rotating,
    bool Testing,
    string? Currency
);

/// <summary>All tills at one moment.</summary>
internal sealed class Tills(IReadOnlyList<TillEntry> entries)
{
    private readonly Dictionary<Guid, TillEntry> _byConnection = entries.ToDictionary(e => e.Till.ConnectionId);
    private readonly ILookup<string, TillEntry> _byLocation = entries.ToLookup(e => e.LocationId);
    private readonly ILookup<string, TillEntry> _byMerchant = entries.Where(e => e.MerchantId is not null).ToLookup(e => e.MerchantId!);

    /// <summary>How many have a key that none of our encryption keys opens.</summary>
    public int Unreadable { get; } = entries.Count(e => e.Unreadable);

    public TillEntry? Find(Provider provider, Guid connectionId) =>
        _byConnection.TryGetValue(connectionId, out var entry) && entry.Till.Provider == provider ? entry : null;

    /// <summary>The till of a location: the connected one or, when none is, the one connected last.</summary>
    public TillEntry? OfLocation(Provider provider, string? locationId) =>
        locationId is null
            ? null
            : _byLocation[locationId]
                .Where(e => e.Till.Provider == provider)
                .OrderByDescending(e => e.Connected)
                .ThenByDescending(e => e.Till.ConnectionId)
                .FirstOrDefault();

    public IEnumerable<TillEntry> All(Provider provider) => entries.Where(e => e.Till.Provider == provider);

    public IEnumerable<TillEntry> OfMerchantOrLocation(Provider provider, string? merchantId, string? locationId) =>
        (merchantId is null ? [] : _byMerchant[merchantId])
            .Concat(locationId is null ? [] : _byLocation[locationId])
            .Where(e => e.Till.Provider == provider)
            .Distinct();
}
