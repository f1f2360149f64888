using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.Identities;

/// <summary>What tests of guests do to a venue, as its owner.</summary>
internal static class IdentityTestVenue
{
    public static Task<Guid> TransactionIdAsync(this TestVenue venue, string externalId) =>
        venue.SqlAsync<Guid>($"select id from ingestion.transactions where external_id = '{externalId}'");

    public static async Task<JsonElement> LinkIdentityAsync(
        this TestVenue venue,
        string externalId,
        string kind,
        string userId,
        bool includePast = true
    )
    {
        var payload = (
            await venue.Owner.GetDataAsync(
                """
                mutation($input: LinkIdentityInput!) { linkIdentity(input: $input) {
                  matchedTransactions member { userId } transactions { matchedBy } errors { code field } } }
                """,
                new
                {
                    input = new
                    {
                        venueId = TestVenue.VenueId,
                        userId,
                        transactionId = await venue.TransactionIdAsync(externalId),
                        kind,
                        includePast,
                    },
                }
            )
        ).At("linkIdentity");
        return payload;
    }

    public static async Task<string> IdentityKindsAsync(this TestVenue venue, string externalId) =>
        (
            await venue.Owner.GetDataAsync(
                "query($id: ID!) { venue(id: \"bar\") { transaction(id: $id) { identityKinds } } }",
                new { id = await venue.TransactionIdAsync(externalId) }
            )
        )
            .At("venue.transaction.identityKinds")
            .ToString();
}
