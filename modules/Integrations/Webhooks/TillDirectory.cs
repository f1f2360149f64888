using System.Text;
using Integrations.Connections;
using Integrations.Contracts;
using Integrations.Credentials;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;

namespace Integrations.Webhooks;

/// <summary>All tills with their signature keys, in memory, so that a webhook is checked without asking the database. Read anew when a
/// connection changes here or on another host (the bell), and every minute.</summary>
internal sealed class TillDirectory(IDbContextFactory<IntegrationsDb> dbs, IntegrationsSettings settings, FeedBell bell, TimeProvider time) : BackgroundService
{
    private const string Bell = "integrations.tills";

    // A forged request may make us look again, but not more often than this.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1);
    private Tills? _tills;
    private long _readAt;
    private int _changes;

    /// <summary>The tills as last read; read now when they have not been yet.</summary>
    public async ValueTask<Tills> GetAsync(CancellationToken ct) => _tills ?? await ReadAsync(null, TimeSpan.Zero, ct);

    /// <summary>Reads them again for somebody who did not find what he looked for, unless that was done within the last second.</summary>
    public Task<Tills> LookAgainAsync(Tills seen, CancellationToken ct) => ReadAsync(seen, Pause, ct);

    public void Changed(string venueId)
    {
        Interlocked.Increment(ref _changes);
        _tills = null;
        bell.Ring(Bell, [venueId]);
    }

    private async Task<Tills> ReadAsync(Tills? stale, TimeSpan pause, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            while (_tills is not { } known || (known == stale && time.GetElapsedTime(_readAt) >= pause))
            {
                var (at, changes) = (time.GetTimestamp(), _changes);
                await using var db = await dbs.CreateDbContextAsync(ct);
                var rows = await db.Connections.AsNoTracking().ToListAsync(ct);
                if (changes == _changes) // else something changed while we read: once more
                    (_tills, _readAt) = (new Tills(rows.Select(Entry).ToArray()), at);
            }
            return _tills;
        }
        finally
        {
            _one.Release();
        }
    }

    private TillEntry Entry(TillConnection c)
    {
        var key = c.SignatureKey is null ? null : settings.Vault.Open(c.SignatureKey, Purpose.SignatureKey(c.Id));
        return new TillEntry(
            new Till(c.Id, c.VenueId, c.Provider, c.MerchantId ?? c.ExternalLocationId), c.ExternalLocationId, c.MerchantId, c.DisconnectedAt is null,
            Encoding.UTF8.GetBytes(c.NotificationUrl), string.IsNullOrEmpty(key) ? [] : [Encoding.UTF8.GetBytes(key)]);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var rope = bell.Listen(Bell);
        while (!stoppingToken.IsCancellationRequested)
        {
            await rope.WaitAsync(TimeSpan.FromMinutes(1), time, stoppingToken);
            try
            {
                await ReadAsync(_tills, TimeSpan.Zero, stoppingToken);
            }
            catch (Exception e) when (e.IsTransient())
            {
                // The database is away: what is known stays good until it is back.
            }
        }
    }
}

/// <summary>A till, the location its sales must come from, and the keys its events may be signed with.</summary>
internal sealed record TillEntry(Till Till, string LocationId, string? MerchantId, bool Connected, byte[] NotificationUrl, IReadOnlyList<byte[]> Keys);

/// <summary>All tills at one moment.</summary>
internal sealed class Tills(IReadOnlyList<TillEntry> entries)
{
    private readonly Dictionary<Guid, TillEntry> _byConnection = entries.ToDictionary(e => e.Till.ConnectionId);
    private readonly ILookup<string, TillEntry> _byLocation = entries.ToLookup(e => e.LocationId);
    private readonly ILookup<string, TillEntry> _byMerchant = entries.Where(e => e.MerchantId is not null).ToLookup(e => e.MerchantId!);

    public TillEntry? Find(Provider provider, Guid connectionId) =>
        _byConnection.TryGetValue(connectionId, out var entry) && entry.Till.Provider == provider ? entry : null;

    /// <summary>The till of a location: the connected one or, when none is, the one connected last.</summary>
    public TillEntry? OfLocation(Provider provider, string? locationId) => locationId is null ? null : _byLocation[locationId]
        .Where(e => e.Till.Provider == provider).OrderByDescending(e => e.Connected).ThenByDescending(e => e.Till.ConnectionId).FirstOrDefault();

    public IEnumerable<TillEntry> OfMerchantOrLocation(Provider provider, string? merchantId, string? locationId) =>
        (merchantId is null ? [] : _byMerchant[merchantId]).Concat(locationId is null ? [] : _byLocation[locationId])
        .Where(e => e.Till.Provider == provider).Distinct();
}
