using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Identities;

/// <summary>Guests are recognised by several identities, at both providers, the strongest first.</summary>
public sealed class IdentityTests(TestPostgres postgres)
{
    private const string Email = "jack@example.com";

    // Everything that the database holds but the raw events, which are the provider's own text.
    private const string Dump = """
        select string_agg(query_to_xml(format('select * from %I.%I', schemaname, tablename), true, false, '')::text, '')
        from pg_tables where schemaname in ('ingestion', 'integrations', 'rules', 'analytics') and tablename <> 'webhook_events'
        """;

    private static Task<JsonElement> LinkAsync(TestVenue venue, string externalId, string kind, string userId, bool past = true) =>
        venue.LinkIdentityAsync(externalId, kind, userId, past);

    private static async Task<string> MatchesAsync(TestVenue venue) =>
        string.Join(
            ", ",
            (
                await venue.Owner.GetDataAsync(
                    "{ venue(id: \"bar\") { transactions(order: OLDEST_FIRST) { nodes { provider userId matchedBy } } } }"
                )
            )
                .At("venue.transactions.nodes")
                .EnumerateArray()
                .Select(t =>
                    $"{t.At("provider").GetString()} {t.At("userId").GetString() ?? "nobody"} {t.At("matchedBy").GetString()}".Trim()
                )
        );

    private static async Task<string> SpendOfAsync(TestVenue venue, string userId)
    {
        await venue.Host.WhenIdleAsync();
        return (
            await venue.Owner.GetDataAsync(
                "query($userId: ID!) { venue(id: \"bar\") { member(userId: $userId) { tier lifetimeSpend { amountMinor } } } }",
                new { userId }
            )
        )
            .At("venue.member")
            .ToString();
    }

    [Fact]
    public async Task A_guest_is_recognised_at_both_providers_and_the_strongest_identity_counts()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var (account, connectionId) = await venue.ConnectToastAsync();
        await venue.EnableToastWebhooksAsync(account, connectionId, "toast-secret");
        await venue.Owner.GetDataAsync(
            "mutation { createSpendRule(input: { venueId: \"bar\", name: \"R\", threshold: 20, unlocksTier: REGULAR }) { rule { id } } }"
        );
        var ledger = venue.Simulator.Toast.Ledger;
        var now = SyncTestVenue.Now;
        async Task<string> SellAsync(int minutesAgo)
        {
            var order = ledger.AddSale(
                new ToastSale
                {
                    RestaurantGuid = account.Restaurant.Guid,
                    Price = 1_000,
                    Tax = 0,
                    Captured = true,
                    Email = Email,
                    At = now.AddMinutes(-minutesAgo),
                }
            );
            await venue.Simulator.Toast.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);
            venue.Simulator.Toast.Deliveries.Failures.ShouldBeEmpty();
            return order.Checks[0].Payments[0].Guid.ToString();
        }

        // A webhook leaves out the phone number, which the page has. Nobody is matched by it, so the page adds no version.
        var first = await SellAsync(30);
        (await venue.IdentityKindsAsync(first)).ShouldBe("""["CUSTOMER","EMAIL"]""");
        await venue.SyncAsync(connectionId);
        (await venue.IdentityKindsAsync(first)).ShouldBe("""["CUSTOMER","EMAIL","PHONE"]""");
        (await venue.SqlAsync<long>("select count(*) from ingestion.transaction_versions")).ShouldBe(1);
        (await MatchesAsync(venue)).ShouldBe("TOAST nobody");

        // The owner links the customer of the first payment, and the second one is recognised as it arrives.
        (await LinkAsync(venue, first, "CUSTOMER", "jack"))
            .ToString()
            .ShouldBe("""{"matchedTransactions":1,"member":{"userId":"jack"},"transactions":[{"matchedBy":"CUSTOMER"}],"errors":[]}""");
        await SellAsync(20);
        (await MatchesAsync(venue)).ShouldBe("TOAST jack CUSTOMER, TOAST jack CUSTOMER");
        (await SpendOfAsync(venue, "jack")).ShouldBe("""{"tier":"REGULAR","lifetimeSpend":[{"amountMinor":2000}]}""");

        // Without the customer the e-mail address matches, also at the other provider.
        await LinkAsync(venue, first, "EMAIL", "jack");
        var identities = (
            await venue.Owner.GetDataAsync(
                "{ venue(id: \"bar\") { member(userId: \"jack\") { identities { id kind provider label linkedBy transactionCount } } } }"
            )
        ).At("venue.member.identities");
        identities
            .EnumerateArray()
            .Select(i => $"{i.At("kind")} {i.At("provider")} {i.At("label")} {i.At("linkedBy")} {i.At("transactionCount")}")
            .ShouldBe(["CUSTOMER TOAST Customer at Toast owner 2", "EMAIL  E-mail address owner 2"]);
        var customer = identities[0].At("id").GetString()!;
        (
            await venue.Owner.GetDataAsync(
                "mutation($id: ID!) { unlinkIdentity(input: { identityId: $id }) { matchedTransactions errors { code } } }",
                new { id = customer }
            )
        )
            .At("unlinkIdentity")
            .ToString()
            .ShouldBe("""{"matchedTransactions":2,"errors":[]}""");
        await venue.PostWebhookAsync(
            venue.PaymentEvent(
                "square",
                amount: 500,
                fingerprint: "card",
                extraFields: "\"customer_id\":\"C1\",\"buyer_email_address\":\"JACK@example.com\",",
                createdAt: now.AddMinutes(-10).ToString("O", System.Globalization.CultureInfo.InvariantCulture)
            )
        );
        (await MatchesAsync(venue)).ShouldBe("TOAST jack CONTACT, TOAST jack CONTACT, SQUARE jack CONTACT");
        (await SpendOfAsync(venue, "jack")).ShouldBe("""{"tier":"REGULAR","lifetimeSpend":[{"amountMinor":2500}]}""");

        // A stronger identity takes the transaction over, a weaker one does not, and a match by hand stays.
        await LinkAsync(venue, "square", "CUSTOMER", "jill");
        await LinkAsync(venue, "square", "EMAIL", "joe");
        (await MatchesAsync(venue)).ShouldBe("TOAST joe CONTACT, TOAST joe CONTACT, SQUARE jill CUSTOMER");
        await LinkAsync(venue, "square", "CARD", "jane");
        (await MatchesAsync(venue)).ShouldBe("TOAST joe CONTACT, TOAST joe CONTACT, SQUARE jane CARD");
        var square = await venue.SqlAsync<Guid>("select id from ingestion.transactions where external_id = 'square'");
        await venue.Owner.GetDataAsync(
            "mutation($id: ID!) { assignTransaction(input: { venueId: \"bar\", transactionId: $id, userId: \"jim\" }) { "
                + "errors { code } } }",
            new { id = square }
        );
        await LinkAsync(venue, "square", "CARD", "jack");
        (await MatchesAsync(venue)).ShouldBe("TOAST joe CONTACT, TOAST joe CONTACT, SQUARE jim HAND");
        (await SpendOfAsync(venue, "jim")).ShouldBe("""{"tier":"GUEST","lifetimeSpend":[{"amountMinor":500}]}""");
        (await SpendOfAsync(venue, "joe")).ShouldBe("""{"tier":"REGULAR","lifetimeSpend":[{"amountMinor":2000}]}""");

        // Every move is in the history, and every change in the audit log.
        (
            await venue.SqlAsync<string>(
                $"""
                select string_agg(cause || ' ' || coalesce(user_id, '-'), ', ' order by seq)
                from ingestion.transaction_versions where transaction_id = '{square}'
                """
            )
        ).ShouldBe("1 jack, 4 jill, 4 jane, 6 jim");
        (
            await venue.SqlAsync<string>(
                """
                select string_agg(action || ': ' || detail, '; ' order by id) from integrations.audit_log
                where action in ('linkIdentity', 'unlinkIdentity', 'assignTransaction')
                """
            )
        ).ShouldBe(
            "linkIdentity: Customer: nobody → jack, 1 earlier transactions; linkIdentity: Email: nobody → jack, 0 earlier transactions; "
                + "unlinkIdentity: Customer: jack → nobody, 2 transactions; linkIdentity: Customer: nobody → jill, 1 earlier transactions; "
                + "linkIdentity: Email: jack → joe, 2 earlier transactions; linkIdentity: Card: nobody → jane, 1 earlier transactions; "
                + "assignTransaction: jane → jim; linkIdentity: Card: jane → jack, 0 earlier transactions"
        );

        // The database reveals nobody: neither the address nor the number is in it.
        var dump = await venue.SqlAsync<string>(Dump);
        var phone = new ToastCustomer(Email).Phone;
        dump.ShouldContain("phone_token");
        dump.ShouldNotContain("example.com", Case.Insensitive);
        dump.ShouldNotContain(phone);
        dump.ShouldNotContain(phone.Replace("-", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_identity_that_the_transaction_does_not_have_and_one_of_nobody_are_not_found()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", fingerprint: "card"));

        (await LinkAsync(venue, "p1", "EMAIL", "jack")).At("errors").ToString().ShouldBe("""[{"code":"NOT_FOUND","field":"kind"}]""");
        (await LinkAsync(venue, "p1", "CARD", " ")).At("errors").ToString().ShouldBe("""[{"code":"INVALID_INPUT","field":"userId"}]""");
        (
            await venue.Owner.GetDataAsync(
                "mutation { unlinkIdentity(input: { identityId: \"00000000-0000-7000-8000-000000000000\" }) { errors { code field } } }"
            )
        )
            .At("unlinkIdentity.errors")
            .ToString()
            .ShouldBe("""[{"code":"NOT_FOUND","field":"identityId"}]""");
        (await venue.SqlAsync<long>("select count(*) from ingestion.identity_links")).ShouldBe(0);
    }
}
