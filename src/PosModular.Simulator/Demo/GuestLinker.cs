using System.Text.Json.Nodes;

namespace PosModular.Simulator.Demo;

/// <summary>
/// Says which member made a payment: at Square it links the card at the member's first payment at a venue, and at Toast, which says
/// nothing of cards, it assigns each transaction. It follows the payments as any client does, by the transactionAdded subscription, and
/// resumes from the last cursor after an interruption.
/// </summary>
internal sealed class GuestLinker(PosModularApi api, DemoPointOfSale pointOfSale)
{
    private int _linkedGuests;

    /// <summary>Number of members recognised in this run, at each venue.</summary>
    public int LinkedGuests => _linkedGuests;

    /// <param name="venue">The venue.</param>
    /// <param name="after">The cursor behind which it begins.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task FollowAsync(DemoVenue venue, string after, CancellationToken cancellationToken)
    {
        var lastCursor = after;
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
            // A payment of an earlier run belongs to nobody here.
            if (pointOfSale.FindGuest(venue, transaction["externalId"]!.ToString()) is { } user)
            {
                var isFirst = !linkedUsers.Contains(user);
                if (transaction["userId"] is null && venue.IsToast)
                    await api.AssignTransactionAsync(venue, user, transaction["id"]!.ToString(), cancellationToken);
                else if (transaction["userId"] is null && isFirst && transaction["card"]?["token"]?.ToString() is { } token)
                    await api.LinkCardAsync(venue, user, token, cancellationToken);
                if (isFirst)
                {
                    linkedUsers.Add(user);
                    Interlocked.Increment(ref _linkedGuests);
                }
            }

            lastCursor = transaction["cursor"]!.ToString();
        }
    }
}
