using Ingestion.Identities;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>By which of its identities a transaction is matched to a user, and what replaces a match.</summary>
public sealed class GuestMatchTests
{
    private static readonly PosConnectionDetails Connection = TestLedger.ConnectionOf("v1");
    private readonly Dictionary<string, string> _owners = [];
    private readonly TestLedger _ledger = new();

    public GuestMatchTests() => _ledger.UserOfCard = (_, token) => _owners.GetValueOrDefault(token);

    private LedgerTransaction Transaction => _ledger.Transactions.Values.Single();

    private (string?, MatchedBy?) Match => (Transaction.UserId, Transaction.MatchedBy);

    private static BatchItem Observe(PosCustomer? customer, PosCard? card = null, int second = 0) =>
        TestLedger.Observe("v1", LedgerSample.PaymentAt(second) with { Customer = customer, Card = card });

    private static PosCard Card => new("VISA", "1234", "EMV", "f");

    private void Own(string? token, string userId) => _owners[token.ShouldNotBeNull()] = userId;

    private static string? CardToken => Ingestion.Cards.CardToken.Of(Connection, Card);

    private static string? CustomerToken => IdentityToken.OfCustomer(Connection, "c");

    private static string? EmailToken => IdentityToken.OfEmail("v1", "e");

    private static string? PhoneToken => IdentityToken.OfPhone("v1", "n");

    [Fact]
    public void The_strongest_identity_with_an_owner_matches()
    {
        Own(PhoneToken, "phone");
        _ledger.Write(Observe(new PosCustomer("c", "e", "n"), Card));
        Match.ShouldBe(("phone", MatchedBy.Contact));

        Own(EmailToken, "email");
        _ledger.Write(Observe(new PosCustomer("c", "e", "n"), Card, second: 1));
        // The same number has matched it already, so the owner that the address has got since changes nothing by itself.
        Match.ShouldBe(("phone", MatchedBy.Contact));

        Own(CustomerToken, "customer");
        _ledger.Write(Observe(new PosCustomer("c", "e", "n"), Card, second: 2));
        Match.ShouldBe(("customer", MatchedBy.Customer));

        Own(CardToken, "card");
        _ledger.Write(Observe(new PosCustomer("c", "e", "n"), Card, second: 3));
        Match.ShouldBe(("card", MatchedBy.Card));
        _owners.Clear();
        _ledger.Write(Observe(new PosCustomer("c", "e", "n"), Card, second: 4));
        Match.ShouldBe(("card", MatchedBy.Card));
    }

    [Fact]
    public void An_identity_that_is_filled_in_later_matches_without_another_state_of_the_payment()
    {
        Own(CustomerToken, "guest");
        _ledger.Write(Observe(null));
        Match.ShouldBe((null, null));

        var changes = _ledger.Write(Observe(new PosCustomer("c", null, null)));

        Match.ShouldBe(("guest", MatchedBy.Customer));
        (changes.Versions.Single().Applied, changes.Versions.Single().PreviousSeq, changes.Counts.Updated).ShouldBe((true, 1L, 1));
        _ledger.Write(Observe(new PosCustomer("c", null, null)), Observe(null)).Versions.ShouldBeEmpty();
        Match.ShouldBe(("guest", MatchedBy.Customer));
    }

    [Fact]
    public void An_identity_that_matches_nobody_is_stored_and_is_no_version()
    {
        _ledger.Write(Observe(new PosCustomer("c", "e", null)));

        var changes = _ledger.Write(Observe(new PosCustomer("c", "e", "n")));

        (changes.Versions.Count, changes.Updated.Single().Identities.Phone?.Token).ShouldBe((0, PhoneToken));
    }

    [Fact]
    public void A_state_that_leaves_out_the_customer_takes_nothing_away()
    {
        Own(PhoneToken, "guest");
        _ledger.Write(Observe(new PosCustomer("c", "e", "n")));
        _ledger.Write(Observe(new PosCustomer("c", "e", null), second: 1));
        _ledger.Write(Observe(null, second: 2));

        Match.ShouldBe(("guest", MatchedBy.Contact));
    }

    [Fact]
    public void Another_customer_of_the_same_payment_takes_the_match_with_them()
    {
        Own(CustomerToken, "guest");
        Own(IdentityToken.OfCustomer(Connection, "d"), "other");
        foreach (var order in new[] { new[] { 0, 1 }, [1, 0] })
        {
            var ledger = new TestLedger { UserOfCard = _ledger.UserOfCard };
            foreach (var second in order)
                ledger.Write(Observe(new PosCustomer(second == 0 ? "c" : "d", null, null), second: second));
            ledger.Transactions.Values.Single().UserId.ShouldBe("other");
        }
    }

    [Theory]
    [InlineData(MatchedBy.Hand)]
    [InlineData(MatchedBy.Claim)]
    internal void A_match_by_hand_or_claim_stays(MatchedBy matchedBy)
    {
        _ledger.Write(Observe(null));
        _ledger.Transactions[Transaction.Key] = Transaction with { UserId = "claimer", MatchedBy = matchedBy };
        Own(CardToken, "card");
        Own(CustomerToken, "customer");
        _ledger.Write(Observe(new PosCustomer("c", null, null)));
        _ledger.Write(Observe(new PosCustomer("c", null, null), Card, second: 1));

        Match.ShouldBe(("claimer", matchedBy));
    }

    [Fact]
    public void Tokens_differ_by_kind_merchant_provider_and_for_contacts_by_venue()
    {
        new[]
        {
            IdentityToken.OfCustomer(Connection, "x"),
            IdentityToken.OfCustomer(Connection with { MerchantId = "M2" }, "x"),
            IdentityToken.OfCustomer(Connection with { Provider = Provider.Toast }, "x"),
            IdentityToken.OfEmail("v1", "x"),
            IdentityToken.OfEmail("v2", "x"),
            IdentityToken.OfPhone("v1", "x"),
        }
            .Distinct()
            .Count()
            .ShouldBe(6);
        IdentityToken.OfCustomer(Connection with { VenueId = "v2" }, "c").ShouldBe(CustomerToken);
        CustomerToken.ShouldNotBeNull().ShouldMatch("^[A-Za-z0-9_-]{22}$");
    }
}
