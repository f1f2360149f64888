using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Paging;

namespace PosModular.IntegrationTests.Rules;

/// <summary>Unlocks and revocations as owners and guests follow them.</summary>
public sealed class MembershipChangedTests(TestPostgres postgres)
{
    private const string Subscription = """
        subscription($venue: ID!, $user: ID, $after: String) { membershipChanged(venueId: $venue, userId: $user, after: $after) {
          cursor at reason member { userId tier } unlocked { id tier unlockedAt rule { name } } revoked { id revokedAt revokedReason } } }
        """;

    private static Task<WebSocketSubscriber> FollowAsync(TestVenue venue, string caller, string? userId = null, string? after = null) =>
        WebSocketSubscriber.StartAsync(
            venue.Host,
            TestKeys.Token(caller),
            Subscription,
            new
            {
                venue = TestVenue.VenueId,
                user = userId,
                after,
            }
        );

    private static async Task<string?> RefusalAsync(TestVenue venue, string token, string? userId, string? after = null)
    {
        await using var subscriber = BeginFollow(venue, token, TestVenue.VenueId, userId, after);
        (await subscriber.ReceiveAsync()).Type.ShouldBe("connected");
        var (type, value) = await subscriber.ReceiveAsync();
        return type switch
        {
            "error" => value.At("0.extensions.code").GetString(),
            _ => value.At("errors.0.extensions.code").GetString(),
        };
    }

    private static WebSocketSubscriber BeginFollow(TestVenue venue, string token, string venueId, string? userId, string? after = null) =>
        WebSocketSubscriber.BeginConnect(
            venue.Host,
            token,
            Subscription,
            new
            {
                venue = venueId,
                user = userId,
                after,
            }
        );

    [Fact]
    public async Task Owners_and_the_guest_receive_each_unlock_and_revocation_once_and_resume_after_a_cursor()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.Owner.GetDataAsync(
            """
            mutation { createSpendRule(input: { venueId: "bar", name: "Regulars", threshold: 10, unlocksTier: REGULAR }) {
              errors { code } } }
            """
        );
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", unlockPolicy: REVOKE }) { errors { code } } }"
        );
        await venue.LinkCardAsync("guest", "card-1"); // a first payment of 1.00
        await venue.LinkCardAsync("other", "card-2");
        await venue.Host.WhenIdleAsync();
        await using var owner = await FollowAsync(venue, TestVenue.OwnerId);
        await using var guest = await FollowAsync(venue, "guest", "guest");
        await using var other = await FollowAsync(venue, "other", "other");
        await Wait.UntilAsync(() => venue.Host.SubscriberCount("rules") >= 3);

        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1", minute: 1));
        var unlocked = await owner.NextAsync();
        unlocked.At("member.userId").GetString().ShouldBe("guest");
        unlocked.At("member.tier").GetString().ShouldBe("REGULAR");
        unlocked.At("unlocked.rule.name").GetString().ShouldBe("Regulars");
        unlocked.At("at").GetString().ShouldBe(unlocked.At("unlocked.unlockedAt").GetString());
        unlocked.At("reason").GetString().ShouldBe("A lifetime spend of $11.00 met the rule Regulars.");
        unlocked.At("revoked").ValueKind.ShouldBe(JsonValueKind.Null);
        var own = await guest.NextAsync();
        own.At("unlocked.id").GetString().ShouldBe(unlocked.At("unlocked.id").GetString());
        own.At("unlocked.rule").ValueKind.ShouldBe(JsonValueKind.Null); // the rule is the venue's

        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1", minute: 2, refunded: 900));
        var revoked = await owner.NextAsync();
        revoked.At("unlocked").ValueKind.ShouldBe(JsonValueKind.Null);
        revoked.At("revoked.id").GetString().ShouldBe(unlocked.At("unlocked.id").GetString());
        revoked.At("reason").GetString().ShouldBe(revoked.At("revoked.revokedReason").GetString());
        revoked.At("at").GetString().ShouldBe(revoked.At("revoked.revokedAt").GetString());
        (await guest.NextAsync()).At("revoked.id").GetString().ShouldBe(unlocked.At("unlocked.id").GetString());

        // Each guest receives their own changes only.
        await venue.PostWebhookAsync(venue.PaymentEvent("p2", amount: 5000, fingerprint: "card-1"));
        await venue.PostWebhookAsync(venue.PaymentEvent("p3", amount: 5000, fingerprint: "card-2"));
        (await other.NextAsync()).At("member.userId").GetString().ShouldBe("other");
        var last = new[] { await owner.NextAsync(), await owner.NextAsync() };
        last.Select(c => c.At("member.userId").GetString()).ShouldBe(["guest", "other"], ignoreOrder: true);

        // A subscriber that was away receives what it has missed; an unlock is shown as it is now.
        await using var resumed = await FollowAsync(venue, "guest", "guest", own.At("cursor").GetString());
        (await resumed.NextAsync()).At("cursor").GetString().ShouldBe(revoked.At("cursor").GetString());
        (await resumed.NextAsync()).At("member.tier").GetString().ShouldBe("REGULAR");
        await using var unlocks = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            "subscription($after: String) { tierUnlocked(venueId: \"bar\", after: $after) { id userId revokedAt } }",
            new { after = Cursor.EncodeSequence("unlock", TestVenue.VenueId, 0) }
        );
        var first = await unlocks.NextAsync();
        first.At("id").GetString().ShouldBe(unlocked.At("unlocked.id").GetString());
        first.At("revokedAt").GetString().ShouldBe(revoked.At("at").GetString());
        (await unlocks.NextAsync()).At("revokedAt").ValueKind.ShouldBe(JsonValueKind.Null); // a revocation is no unlock
        (
            await venue.SqlAsync<string>(
                """
                select string_agg(seq::text, ',' order by seq) from (
                  select seq from rules.unlocks union all select revoked_seq from rules.unlocks where revoked_seq is not null) s
                """
            )
        ).ShouldBe("1,2,3,4");

        // Nobody else may follow a guest, and an unknown venue answers a guest like one where nothing happens.
        (await RefusalAsync(venue, TestKeys.Token("guest"), null)).ShouldBe("FORBIDDEN");
        (await RefusalAsync(venue, TestKeys.Token("guest"), "other")).ShouldBe("FORBIDDEN");
        (await RefusalAsync(venue, venue.Moderator.Token!, null)).ShouldBe("FORBIDDEN");
        (await RefusalAsync(venue, venue.Owner.Token!, null, Cursor.EncodeSequence("unlock", TestVenue.VenueId, 1))).ShouldBe(
            "INVALID_INPUT"
        );
        (await RefusalAsync(venue, venue.Owner.Token!, null, Cursor.EncodeSequence("membership", TestVenue.VenueId, 99))).ShouldBe(
            "INVALID_INPUT"
        );
        await using var beyond = await FollowAsync(venue, "guest", "guest", Cursor.EncodeSequence("membership", TestVenue.VenueId, 99));
        await using var unknown = BeginFollow(venue, TestKeys.Token("guest"), "unknown", "guest");
        (await unknown.ReceiveAsync()).Type.ShouldBe("connected");
        await Wait.UntilAsync(() => venue.Host.SubscriberCount("rules") >= 6);
        await venue.PostWebhookAsync(venue.PaymentEvent("p2", amount: 5000, fingerprint: "card-1", minute: 3, refunded: 5000));
        (await beyond.NextAsync()).At("revoked.id").GetString().ShouldNotBeNull();
    }
}
