using Ingestion.Contracts;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts;
using NodaTime;

namespace PosModular.Tests;

/// <summary>What the database would hold: folds batch after batch as the writer does.</summary>
internal sealed class Book
{
    public static readonly Guid Connection = new("0193a000-0000-7000-8000-000000000001");
    private readonly Dictionary<string, long> _heads = new() { ["v1"] = 0, ["v2"] = 0 };
    private long _now = 1_700_000_000;

    public Dictionary<PaymentKey, SaleState> Sales { get; } = [];
    public List<NewVersion> Versions { get; } = [];
    public Func<string, string, string?> UserOfCard { get; set; } = (_, _) => null;
    public IReadOnlyDictionary<string, long> Heads => _heads;

    public static Sighting Seen(string venue, PosPayment payment) =>
        Sighting.Of(new Till(Connection, venue, Provider.Square, "M"), payment, Cause.Webhook, null);

    public Folded Write(params IReadOnlyList<Sighting> batch)
    {
        var folded = Fold.Apply(Sales, _heads, batch, (venue, card) => UserOfCard(venue, card) is { } user ? new CardOwner(user, null) : null, Instant.FromUnixTimeSeconds(_now++));
        foreach (var sale in folded.Inserted)
            Sales.Add(sale.Key, sale);
        foreach (var sale in folded.Updated)
            Sales[sale.Key] = sale;
        foreach (var (venue, end) in folded.Heads)
            _heads[venue] = end;
        Versions.AddRange(folded.Versions);
        return folded;
    }

    /// <summary>What readers get: applied versions, each with the state it replaced.</summary>
    public IReadOnlyList<TransactionChange> Changes()
    {
        var bySeq = Versions.ToDictionary(v => (v.State.Key.VenueId, v.Seq));
        return [.. Versions.Where(v => v.Applied).Select(v => new TransactionChange(v.State.Key.VenueId, v.Seq, v.State.Id, v.State.RecordedAt,
            v.PreviousSeq is { } before ? Sale(bySeq[(v.State.Key.VenueId, before)].State) : null, Sale(v.State)))];
    }

    public static Sale Sale(SaleState s) => new(s.Key.Provider, s.Status, s.Payment.Currency, s.Payment.TotalMinor, s.Payment.TipMinor, s.RefundedMinor,
        s.Payment.Method, s.UserId, s.Payment.OccurredAt);
}
