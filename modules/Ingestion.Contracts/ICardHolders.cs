namespace Ingestion.Contracts;

/// <summary>Who paid with which card, as the module that keeps the transactions answers other modules.</summary>
public interface ICardHolders
{
    /// <summary>The users with a transaction at the venue that was paid with a card of these last four digits. Throws INVALID_INPUT when
    /// the search takes longer than five seconds.</summary>
    Task<IReadOnlyList<string>> ListUserIdsAsync(string venueId, string last4, CancellationToken cancellationToken);
}
