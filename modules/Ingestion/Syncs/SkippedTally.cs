using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Integrations.Contracts.Connections;

namespace Ingestion.Syncs;

/// <summary>What could not be used on any page of a run: how many items of each kind, and the first of each. An item that is read again,
/// as in a second pass over a window, is counted once, as long as there are not too many to remember.</summary>
internal sealed record SkippedTally(ImmutableList<SkippedTally.Entry> Entries, ImmutableHashSet<string> Known)
{
    private const int MaxKnown = 200;
    private const int MaxReasonLength = 300;

    public static SkippedTally Empty { get; } = new([], []);

    /// <summary>The tally with the items of one more page.</summary>
    public SkippedTally Add(IEnumerable<SkippedItem> items)
    {
        var (entries, known) = (Entries, Known);
        foreach (var item in items)
        {
            // A provider's ids may contain a NUL, which a text column cannot store.
            var reason = item.Reason.Replace("\0", "", StringComparison.Ordinal);
            reason = reason.Length > MaxReasonLength ? reason[..MaxReasonLength] + "…" : reason;
            var key = $"{item.Kind:D}{(item.IsPartial ? "p" : "")} {HashOf(reason)}";
            if (known.Contains(key))
                continue;
            if (known.Count < MaxKnown)
                known = known.Add(key);
            var at = entries.FindIndex(e => e.Kind == item.Kind && e.IsPartial == item.IsPartial);
            entries =
                at < 0
                    ? entries.Add(new Entry(item.Kind, item.IsPartial, 1, reason))
                    : entries.SetItem(at, entries[at] with { Count = entries[at].Count + 1 });
        }
        return new SkippedTally(entries, known);
    }

    /// <summary>The counts and first examples in words; null when everything could be used.</summary>
    public string? Summary =>
        Entries.Count == 0
            ? null
            : string.Join(
                " ",
                Entries
                    .OrderBy(e => e.IsPartial)
                    .ThenBy(e => e.Kind)
                    .Select(e =>
                        $"{e.Count} {NameOf(e.Kind, e.Count)} could {(e.IsPartial ? "be used only in part" : "not be used")}; "
                        + $"the first: {e.First}"
                    )
            );

    /// <summary>The tally as the run stores it; null when everything could be used.</summary>
    public string? Serialize() => Entries.Count == 0 ? null : JsonSerializer.Serialize(new Stored([.. Entries], [.. Known]));

    public static SkippedTally Deserialize(string? json) =>
        json is not null && JsonSerializer.Deserialize<Stored>(json) is { } stored
            ? new SkippedTally([.. stored.Entries], [.. stored.Known])
            : Empty;

    // The hash is stored, so it must be the same in every process.
    private static string HashOf(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 9));

    private static string NameOf(SkippedKind kind, int count) => kind.ToString().ToLowerInvariant() + (count == 1 ? "" : "s");

    /// <summary>The items of one kind.</summary>
    internal sealed record Entry(SkippedKind Kind, bool IsPartial, int Count, string First);

    private sealed record Stored(Entry[] Entries, string[] Known);
}
