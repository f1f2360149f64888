using System.Text.Json.Nodes;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Demo;

/// <summary>
/// Links members' cards to their users at each member's first payment at a venue. It follows the payments as any client does, by the
/// transactionAdded subscription, and resumes from the last cursor after an interruption.
/// </summary>
internal sealed class CardLinker(PosModularApi api, SquareLedger ledger)
{
    private int _linkedCards;

    /// <summary>Number of linked cards seen in this run.</summary>
    public int LinkedCards => _linkedCards;

    public async Task FollowAsync(DemoVenue venue, CancellationToken cancellationToken)
    {
        string? lastCursor = null;
        var linkedUsers = new HashSet<string>();
        while (true)
        {
            try
            {
                await api.FollowTransactionsAsync(venue, lastCursor, HandleAsync, cancellationToken);
            }
            catch (DemoException e)
            {
                Console.WriteLine($"[demo] {venue.Name}: {e.Message}; reconnecting in 2 s");
            }

            await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        }

        async Task HandleAsync(JsonNode transaction)
        {
            // A payment of an earlier run is not in this run's ledger.
            if (
                transaction["card"]?["token"]?.ToString() is { } token
                && GuestGenerator.FindUserId(ledger.Find(transaction["externalId"]!.ToString())?.Card) is { } user
                && !linkedUsers.Contains(user)
            )
            {
                if (transaction["userId"] is null)
                    await api.LinkCardAsync(venue, user, token, cancellationToken);
                linkedUsers.Add(user);
                Interlocked.Increment(ref _linkedCards);
            }

            lastCursor = transaction["cursor"]!.ToString();
        }
    }
}
