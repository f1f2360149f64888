using Ingestion.Cards;
using Integrations.Contracts.Connections;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>The mark of a card is the same at each of its sales with one merchant, and says nothing of the card.</summary>
public sealed class CardTokenTests
{
    private static readonly PosConnectionDetails Here = new(Book.Connection, "v1", Provider.Square, "M1");
    private static readonly PosCard Card = new("VISA", "1234", "EMV", "sq-1-abc");

    [Fact]
    public void A_card_has_one_token_at_a_merchant_whatever_the_till_and_the_entry() =>
        CardToken
            .Of(Here with { ConnectionId = Guid.NewGuid(), VenueId = "v2" }, Card with { EntryMethod = "KEYED" })
            .ShouldBe(CardToken.Of(Here, Card));

    [Fact]
    public void Another_card_merchant_or_provider_is_another_token() =>
        new[]
        {
            CardToken.Of(Here, Card),
            CardToken.Of(Here, Card with { Fingerprint = "sq-1-abd" }),
            CardToken.Of(Here with { MerchantId = "M2" }, Card),
            CardToken.Of(Here with { Provider = Provider.Toast }, Card),
        }
            .Distinct()
            .Count()
            .ShouldBe(4);

    [Fact]
    public void A_token_has_22_characters_that_go_into_a_url() =>
        CardToken.Of(Here, Card).ShouldNotBeNull().ShouldMatch("^[A-Za-z0-9_-]{22}$");

    [Fact]
    public void Without_a_card_or_a_fingerprint_there_is_none()
    {
        CardToken.Of(Here, null).ShouldBeNull();
        CardToken.Of(Here, Card with { Fingerprint = null }).ShouldBeNull();
    }
}
