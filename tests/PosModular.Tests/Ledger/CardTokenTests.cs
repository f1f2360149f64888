using Ingestion.Cards;
using Integrations.Contracts.Connections;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>A card token is the same for every payment of one card at one merchant, and it does not reveal the card.</summary>
public sealed class CardTokenTests
{
    private static readonly PosConnectionDetails Connection = new(TestLedger.ConnectionId, "v1", Provider.Square, "M1");
    private static readonly PosCard Card = new("VISA", "1234", "EMV", "sq-1-abc");

    [Fact]
    public void A_card_has_one_token_per_merchant_whatever_the_location_and_the_entry_method() =>
        CardToken
            .Of(Connection with { ConnectionId = Guid.NewGuid(), VenueId = "v2" }, Card with { EntryMethod = "KEYED" })
            .ShouldBe(CardToken.Of(Connection, Card));

    [Fact]
    public void Another_card_merchant_or_provider_gives_another_token() =>
        new[]
        {
            CardToken.Of(Connection, Card),
            CardToken.Of(Connection, Card with { Fingerprint = "sq-1-abd" }),
            CardToken.Of(Connection with { MerchantId = "M2" }, Card),
            CardToken.Of(Connection with { Provider = Provider.Toast }, Card),
        }
            .Distinct()
            .Count()
            .ShouldBe(4);

    [Fact]
    public void A_token_has_22_characters_that_are_safe_in_a_url() =>
        CardToken.Of(Connection, Card).ShouldNotBeNull().ShouldMatch("^[A-Za-z0-9_-]{22}$");

    [Fact]
    public void Without_a_card_or_a_fingerprint_there_is_no_token()
    {
        CardToken.Of(Connection, null).ShouldBeNull();
        CardToken.Of(Connection, Card with { Fingerprint = null }).ShouldBeNull();
    }
}
