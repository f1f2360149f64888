using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Identities;

/// <summary>The token of an identity, and the modification time of the newest state of the payment that named it.</summary>
internal readonly record struct SeenIdentity(string Token, Instant At)
{
    // Of two states with the same time any will do, as long as the order of arrival does not matter.
    public static SeenIdentity? Newer(SeenIdentity? one, SeenIdentity? other)
    {
        if (one is not { } first || other is not { } second)
            return one ?? other;
        var order = first.At.CompareTo(second.At);
        return order > 0 || (order == 0 && string.CompareOrdinal(first.Token, second.Token) >= 0) ? first : second;
    }
}

/// <summary>The identities of the customer of a payment. They have versions of their own beside the payment's: providers fill them in
/// later, and webhooks leave out some that pages have (Toast developer guide, Orders webhook). So a state that names none says nothing, and
/// of each kind the newest one counts.</summary>
internal readonly record struct SeenIdentities(SeenIdentity? Customer, SeenIdentity? Email, SeenIdentity? Phone)
{
    public static SeenIdentities Of(PosConnectionDetails connection, PosPayment payment)
    {
        if (payment.Customer is not { } customer)
            return default;
        return new(
            At(IdentityToken.OfCustomer(connection, customer.Id)),
            At(IdentityToken.OfEmail(connection.VenueId, customer.EmailHash)),
            At(IdentityToken.OfPhone(connection.VenueId, customer.PhoneHash))
        );

        SeenIdentity? At(string? token) => token is null ? null : new SeenIdentity(token, payment.UpdatedAt);
    }

    public IEnumerable<string> Tokens => new[] { Customer?.Token, Email?.Token, Phone?.Token }.OfType<string>();

    /// <summary>Merges two sets. The order of the two, and repetition, make no difference.</summary>
    public SeenIdentities Merge(SeenIdentities other) =>
        other == default
            ? this
            : new(
                SeenIdentity.Newer(Customer, other.Customer),
                SeenIdentity.Newer(Email, other.Email),
                SeenIdentity.Newer(Phone, other.Phone)
            );
}
