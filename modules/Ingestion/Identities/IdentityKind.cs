using Ingestion.Transactions;

namespace Ingestion.Identities;

/// <summary>What a venue recognises a guest by. The database stores the numbers; a lower number is believed more.</summary>
internal enum IdentityKind : short
{
    /// <summary>A card, by the token that is the same for each of its payments.</summary>
    Card = 1,

    /// <summary>A customer of the provider, by the id that the provider gave them.</summary>
    Customer = 2,

    /// <summary>An e-mail address.</summary>
    Email = 3,

    /// <summary>A phone number.</summary>
    Phone = 4,
}

internal static class IdentityKinds
{
    /// <summary>What a transaction that is matched by such an identity is matched by.</summary>
    public static MatchedBy Matches(this IdentityKind kind) =>
        kind switch
        {
            IdentityKind.Card => MatchedBy.Card,
            IdentityKind.Customer => MatchedBy.Customer,
            _ => MatchedBy.Contact,
        };

    /// <summary>The column of a transaction that holds its token.</summary>
    public static string Column(this IdentityKind kind) =>
        kind switch
        {
            IdentityKind.Card => "card_token",
            IdentityKind.Customer => "customer_token",
            IdentityKind.Email => "email_token",
            _ => "phone_token",
        };
}
