using System.Text;
using CsCheck;
using PosModular.Kernel.Feed;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Feed;

/// <summary>A signal fits into a NOTIFY payload (under 8,000 bytes) and leaves no venue out.</summary>
public sealed class NotifyPayloadTests
{
    private const string Prefix = "0123456789abcdef0123456789abcdef|ingestion|";

    private static readonly Gen<string> VenueId = Gen.String[
        Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"],
        1,
        64
    ];

    private static IReadOnlyList<string> Payloads(IReadOnlyCollection<string> venues)
    {
        var parts = Prefix.Split('|');
        return FeedListener.BuildPayloads(parts[0], parts[1], venues);
    }

    [Fact]
    public void Every_set_of_venues_is_sent_completely_or_as_all_venues() =>
        VenueId
            .Array[0, 1_500]
            .Select(ids => ids.ToHashSet())
            .Sample(
                venues =>
                {
                    var payloads = Payloads(venues);

                    payloads.ShouldAllBe(p => Encoding.UTF8.GetByteCount(p) < 8_000 && p.StartsWith(Prefix, StringComparison.Ordinal));
                    var sent = payloads.SelectMany(p => p[Prefix.Length..].Split(',', StringSplitOptions.RemoveEmptyEntries)).ToArray();
                    if (sent is ["*"])
                        venues.Sum(v => v.Length + 1).ShouldBeGreaterThan(3 * 7_900); // otherwise all ids would have fitted
                    else
                        sent.ShouldBe(venues);
                },
                iter: 100
            );

    [Fact]
    public void Eight_hundred_uuids_are_sent_one_by_one()
    {
        var venues = Enumerable.Range(0, 800).Select(_ => Guid.NewGuid().ToString()).ToArray();

        Payloads(venues).SelectMany(p => p[Prefix.Length..].Split(',')).ShouldBe(venues);
    }

    [Fact]
    public void Too_many_venues_are_sent_as_all_venues() =>
        Payloads([.. Enumerable.Range(0, 10_000).Select(_ => Guid.NewGuid().ToString())]).ShouldBe([Prefix + "*"]);
}
