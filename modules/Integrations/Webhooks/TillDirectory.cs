using System.Text;
using Integrations.Contracts;
using Integrations.Credentials;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PosModular.Kernel.Feed;

namespace Integrations.Webhooks;

/// <summary>All tills with their signature keys, in memory, so that a webhook is checked without asking the database. Read anew when a
/// connection changes here or on another host (the bell), and every minute.</summary>
internal sealed partial class TillDirectory(
    IDbContextFactory<IntegrationsDb> dbs, IntegrationsSettings settings, FeedBell bell, TimeProvider time, ILogger<TillDirectory> log) : BackgroundService
{
    private const string Bell = "integrations.tills";

    // A forged request may make us look again, but not more often than this.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1);
    private volatile Tills? _tills;
    private long _readAt;
    private int _changes;

    /// <summary>The tills as last read; read now when they have not been yet.</summary>
    public async ValueTask<Tills> GetAsync(CancellationToken ct) => _tills ?? await ReadAsync(() => _tills is null, ct);

    /// <summary>Reads them again for somebody who did not find what he looked for, unless that was done within the last second.</summary>
    public Task<Tills> LookAgainAsync(Tills seen, CancellationToken ct) =>
        ReadAsync(() => _tills is null || (_tills == seen && time.GetElapsedTime(_readAt) >= Pause), ct);

    /// <summary>The tills as the database has them at or after this moment; many callers share one reading.</summary>
    public Task<Tills> ReadNowAsync(CancellationToken ct)
    {
        var asked = time.GetTimestamp();
        return ReadAsync(() => _tills is null || _readAt < asked, ct);
    }

    public void Changed(string venueId)
    {
        Interlocked.Increment(ref _changes);
        _tills = null;
        bell.Ring(Bell, [venueId]);
    }

    private async Task<Tills> ReadAsync(Func<bool> isStale, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            while (true)
            {
                if (!isStale() && _tills is { } known)
                    return known;
                var (at, changes) = (time.GetTimestamp(), Volatile.Read(ref _changes));
                await using var db = await dbs.CreateDbContextAsync(ct);
                // Only what is needed here: a newer host may have written things into the rest that this one cannot read.
                var rows = await db.Connections.AsNoTracking().Select(c => new
                {
                    c.Id,
                    c.VenueId,
                    c.Provider,
                    c.MerchantId,
                    c.ExternalLocationId,
                    Connected = c.DisconnectedAt == null,
                    c.NotificationUrl,
                    c.SignatureKey,
                }).ToListAsync(ct);
                var read = new Tills([.. rows.Select(c => new TillEntry(
                    new Till(c.Id, c.VenueId, c.Provider, c.MerchantId ?? c.ExternalLocationId), c.ExternalLocationId, c.MerchantId, c.Connected,
                    Encoding.UTF8.GetBytes(c.NotificationUrl), Keys(c.SignatureKey, c.Id, out var unreadable), unreadable))]);
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

    private byte[][] Keys(string? signatureKey, Guid connectionId, out bool unreadable)
    {
        var key = signatureKey is null ? null : settings.Vault.Open(signatureKey, Purpose.SignatureKey(connectionId));
        unreadable = signatureKey is not null && key is null;
        return key is { Length: > 0 } ? [Encoding.UTF8.GetBytes(key)] : [];
    }

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

    [LoggerMessage(LogLevel.Error, "The signature keys of {Count} tills cannot be opened: they were sealed with another key. Put it into POS_ENCRYPTION_KEY or POS_ENCRYPTION_KEYS_OLD; until then their webhooks are answered 503, so that none is lost")]
    private static partial void Sealed(ILogger log, int count);

    [LoggerMessage(LogLevel.Warning, "The tills could not be read anew: {Reason}")]
    private static partial void Unread(ILogger log, string reason);
}

/// <summary>A till, the location its sales must come from, and the keys its events may be signed with.</summary>
internal sealed record TillEntry(Till Till, string LocationId, string? MerchantId, bool Connected, byte[] NotificationUrl, IReadOnlyList<byte[]> Keys, bool Unreadable);

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
    public TillEntry? OfLocation(Provider provider, string? locationId) => locationId is null ? null : _byLocation[locationId]
        .Where(e => e.Till.Provider == provider).OrderByDescending(e => e.Connected).ThenByDescending(e => e.Till.ConnectionId).FirstOrDefault();

    public IEnumerable<TillEntry> OfMerchantOrLocation(Provider provider, string? merchantId, string? locationId) =>
        (merchantId is null ? [] : _byMerchant[merchantId]).Concat(locationId is null ? [] : _byLocation[locationId])
        .Where(e => e.Till.Provider == provider).Distinct();
}
