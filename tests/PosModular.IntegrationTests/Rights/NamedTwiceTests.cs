using System.Text.Json;
using System.Text.RegularExpressions;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rights;

/// <summary>
/// An input that names one thing twice, such as a connection and its venue, is refused when the names disagree. The test finds such inputs
/// in the schema; a new one must be added to the table first.
/// </summary>
public sealed partial class NamedTwiceTests(TestPostgres postgres)
{
    /// <summary>For each input, operations in which the names disagree. OTHER… are objects of another venue.</summary>
    private static readonly Dictionary<string, string[]> Disagreements = new()
    {
        ["DisconnectPosInput"] =
        [
            "mutation { disconnectPos(input: { venueId: \"bar\", connectionId: \"OTHERCONNECTION\" }) { errors { code field } } }",
            "mutation { disconnectPos(input: { connectionId: \"OTHERCONNECTION\", venueId: \"bar\", provider: SQUARE }) { "
                + "errors { code field } } }",
            "mutation { disconnectPos(input: { venueId: \"nowhere\", connectionId: \"OTHERCONNECTION\" }) { errors { code field } } }",
            "mutation { disconnectPos(input: { connectionId: \"OTHERCONNECTION\", provider: TOAST }) { errors { code field } } }",
        ],
        ["SyncTransactionsInput"] =
        [
            "mutation { syncTransactions(input: { venueId: \"bar\", connectionId: \"OTHERCONNECTION\" }) { errors { code field } } }",
        ],
        ["ReconcileDayInput"] =
        [
            "mutation { reconcileDay(input: { venueId: \"bar\", businessDate: \"2020-01-02\", connectionId: \"OTHERCONNECTION\" }) { "
                + "errors { code field } } }",
        ],
        ["AssignTransactionInput"] =
        [
            "mutation { assignTransaction(input: { venueId: \"bar\", transactionId: \"OTHERTRANSACTION\", userId: \"u\" }) { "
                + "errors { code field } } }",
        ],
        ["CreateClaimCodeInput"] =
        [
            "mutation { createClaimCode(input: { venueId: \"bar\", transactionId: \"OTHERTRANSACTION\" }) { errors { code field } } }",
        ],
        ["LinkIdentityInput"] =
        [
            "mutation { linkIdentity(input: { venueId: \"bar\", transactionId: \"OTHERTRANSACTION\", userId: \"u\", kind: CARD }) { "
                + "errors { code field } } }",
        ],
        ["TransactionFilter"] =
        [
            "{ venue(id: \"bar\") { transactions(filter: { connectionId: \"OTHERCONNECTION\" }) { totalCount } } }",
            "{ venue(id: \"bar\") { transactions(filter: { connectionId: \"CONNECTION\", provider: TOAST }) { totalCount } } }",
        ],
    };

    /// <summary>Inputs whose names cannot disagree: an event that is not the venue's is NOT_FOUND, for it may be nobody's yet.</summary>
    private static readonly string[] CannotDisagree = ["ReplayWebhookEventsInput"];

    // What the application itself names, such as users and performers, belongs to no venue.
    [GeneratedRegex("^(venueId|connectionId|provider|transactionId|ruleId|sessionId|unlockId|runId|eventIds?|memberId)$")]
    private static partial Regex ObjectName();

    [Fact]
    public async Task Names_that_disagree_are_INVALID_INPUT_and_change_nothing()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.RegisterVenueAsync("other", TestVenue.OwnerId);
        var otherSeller = venue.Simulator.Sellers.AddSeller(
            new Simulator.Sellers.SellerDraft { LocationId = "OTHERLOCATION", AccessToken = "other-access-token" }
        );
        var (otherConnection, url, key) = await venue.ConnectSquareAsync("other", otherSeller);
        await venue.PostWebhookAsync(venue.PaymentEvent("of-other", locationId: "OTHERLOCATION"), url: url, key: key);
        var otherTransaction = await venue.SqlAsync<Guid>("select id from ingestion.transactions where venue_id = 'other'");
        // A HEAD_MODERATOR who owns both venues may do everything, so nothing else is refused first.
        var client = new GraphQLClient(venue.Host, TestKeys.Token(TestVenue.OwnerId, "HEAD_MODERATOR"));

        (await InputsThatNameTwoObjectsAsync(client)).ShouldBe(Disagreements.Keys.Concat(CannotDisagree), ignoreOrder: true);
        var before = await HashAsync(venue);
        foreach (var operation in Disagreements.Values.SelectMany(o => o))
        {
            var response = await client.ExecuteAsync(
                operation
                    .Replace("OTHERCONNECTION", otherConnection.ToString(), StringComparison.Ordinal)
                    .Replace("CONNECTION", venue.ConnectionId.ToString(), StringComparison.Ordinal)
                    .Replace("OTHERTRANSACTION", otherTransaction.ToString(), StringComparison.Ordinal)
            );
            response.ToString().ShouldContain("\"code\":\"INVALID_INPUT\"", Case.Sensitive, operation);
        }
        (await HashAsync(venue)).ShouldBe(before);
    }

    [Fact]
    public async Task A_caller_who_may_not_see_the_other_venue_cannot_tell_its_objects_from_unknown_ones()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.RegisterVenueAsync("mine", "owner-of-mine");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        var transaction = await venue.SqlAsync<Guid>("select id from ingestion.transactions");
        var client = new GraphQLClient(venue.Host, TestKeys.Token("owner-of-mine"));

        foreach (
            var operation in new[]
            {
                "mutation { syncTransactions(input: { venueId: \"mine\", connectionId: \"CONNECTION\" }) { errors { code message } } }",
                "mutation { reconcileDay(input: { venueId: \"mine\", businessDate: \"2020-01-02\", connectionId: \"CONNECTION\" }) { "
                    + "errors { code message } } }",
                "mutation { assignTransaction(input: { venueId: \"mine\", transactionId: \"TRANSACTION\" }) { errors { code message } } }",
                "{ venue(id: \"mine\") { transactions(filter: { connectionId: \"CONNECTION\" }) { totalCount } } }",
            }
        )
        {
            async Task<string> AnswerAsync(Guid connectionId, Guid transactionId) =>
                (
                    await client.ExecuteAsync(
                        operation
                            .Replace("CONNECTION", connectionId.ToString(), StringComparison.Ordinal)
                            .Replace("TRANSACTION", transactionId.ToString(), StringComparison.Ordinal)
                    )
                ).ToString();
            (await AnswerAsync(venue.ConnectionId, transaction)).ShouldBe(await AnswerAsync(Guid.NewGuid(), Guid.NewGuid()));
        }
    }

    private static async Task<IEnumerable<string>> InputsThatNameTwoObjectsAsync(GraphQLClient client) =>
        (await client.GetDataAsync("{ __schema { types { name inputFields { name } } } }"))
            .At("__schema.types")
            .EnumerateArray()
            .Where(t => t.At("inputFields").ValueKind == JsonValueKind.Array)
            .Where(t => t.At("inputFields").EnumerateArray().Count(f => ObjectName().IsMatch(f.At("name").GetString()!)) > 1)
            .Select(t => t.At("name").GetString()!);

    private static Task<string> HashAsync(TestVenue venue) =>
        venue.SqlAsync<string>(
            """
            select md5(string_agg(t, '|' order by t)) from (
              select (c.id, c.disconnected_at, c.signature_key)::text t from integrations.pos_connections c
              union all select a::text from integrations.audit_log a
              union all select x::text from ingestion.transactions x
              union all select y::text from ingestion.sync_runs y) all_of_it
            """
        );
}
