using System.Text.Json.Nodes;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Demo;

/// <summary>
/// Knows the regulars by their cards: at the first sale of one at a venue he ties the card's token to the user. He sees the
/// sales as any client does, by the product's live feed, and takes it up where it was cut off.
/// </summary>
internal sealed class CardLinker(PosModularApi product, SquareLedger ledger)
{
    private int _linkedCards;

    /// <summary>Cards that are tied to a user, as far as seen in this run.</summary>
    public int LinkedCards => _linkedCards;

    public async Task FollowAsync(DemoVenue venue, CancellationToken cancellationToken)
    {
        string? seen = null;
        var greeted = new HashSet<string>();
        while (true)
        {
            try
            {
                await product.FollowTransactionsAsync(venue, seen, TakeAsync, cancellationToken);
            }
            catch (DemoException e)
            {
                Console.WriteLine($"[demo] {venue.Name}: {e.Message}; trying again");
            }

            await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        }

        async Task TakeAsync(JsonNode sale)
        {
            // A payment of an earlier run is not in the ledger of this one.
            if (
                sale["card"]?["token"]?.ToString() is { } token
                && GuestGenerator.FindUserId(ledger.Find(sale["externalId"]!.ToString())?.Card) is { } user
                && !greeted.Contains(user)
            )
            {
                if (sale["userId"] is null)
                    await product.LinkCardAsync(venue, user, token, cancellationToken);
                greeted.Add(user);
                Interlocked.Increment(ref _linkedCards);
            }

            seen = sale["cursor"]!.ToString();
        }
    }
}
