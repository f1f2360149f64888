using System.Text.Json;
using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator.Payments;

namespace PosModular.IntegrationTests.Reading;

/// <summary>Creates transactions and reads them by GraphQL or as CSV.</summary>
internal static class TransactionTestData
{
    private const string PageQuery = """
        query($filter: TransactionFilter, $order: TransactionOrder, $first: Int, $after: String) { venue(id: "bar") {
          transactions(filter: $filter, order: $order, first: $first, after: $after) {
          totalCount edges { cursor node { id externalId occurredAt total { amountMinor } } } pageInfo { hasNextPage endCursor } } } }
        """;

    /// <summary>Makes a payment at the simulator and posts its webhooks.</summary>
    public static async Task RingUpAsync(this TestVenue venue, Sale sale)
    {
        var payment = venue.Simulator.Ledger.AddSale(sale with { LocationId = venue.Seller.Location.Id, Announce = false });
        foreach (var webhook in venue.Simulator.Ledger.Events(payment.Id).Where(e => e.Payment is not null))
            await venue.PostWebhookAsync(webhook.Body().ToArray());
    }

    public static async Task<JsonElement> GetPageAsync(
        this TestVenue venue,
        object? filter = null,
        string order = "NEWEST_FIRST",
        int first = 50,
        string? after = null
    ) =>
        (
            await venue.Owner.GetDataAsync(
                PageQuery,
                new
                {
                    filter,
                    order,
                    first,
                    after,
                }
            )
        ).At("venue.transactions");

    public static async Task<string> GetIdsAsync(this TestVenue venue, object? filter = null, string order = "NEWEST_FIRST") =>
        string.Join(
            ' ',
            (await venue.GetPageAsync(filter, order)).At("edges").EnumerateArray().Select(e => e.At("node.externalId").GetString())
        );

    public static async Task<HttpResponseMessage> DownloadCsvAsync(
        this TestVenue venue,
        string query = "",
        string? token = null,
        string venueId = TestVenue.VenueId
    )
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/venues/{venueId}/transactions.csv{query}");
        request.Headers.TryAddWithoutValidation("Authorization", token is null ? null : "Bearer " + token);
        return await venue.Host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    /// <summary>The rows that the owner downloads, without the header.</summary>
    public static async Task<string[]> GetCsvRowsAsync(this TestVenue venue, string query = "")
    {
        using var response = await venue.DownloadCsvAsync(query, venue.Owner.Token);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        text.ShouldEndWith("\r\n");
        return text.Split("\r\n")[1..^1];
    }

    /// <summary>Inserts many transactions, three in each second from 1 January 2026 on.</summary>
    public static Task<object?> InsertTransactionsAsync(this TestVenue venue, int count) =>
        venue.SqlAsync<object?>(
            $"""
            insert into ingestion.transactions (id, venue_id, connection_id, provider, external_id, status, currency, total_minor,
              tip_minor, refunded_minor, payment_method, occurred_at, payment_updated_at, payment_refunded_minor, payment_hash, tax_minor,
              discount_minor, service_charge_minor, breakdown_complete, rules_off,
              user_id, matched_by, recorded_at, last_seq, added_seq)
            select gen_random_uuid(), 'bar', '{venue.ConnectionId}', {Provider.Square:D}, 'seed-' || i, {TransactionStatus.Completed:D},
              'USD', (i % 500) * 10, 0, 0, {PaymentMethod.Card:D}, timestamptz '2026-01-01Z' + (i / 3) * interval '1 second',
              timestamptz '2026-01-01Z', 0, i, 0, 0, 0, true, false, case when i % 100 = 0 then 'guest' || i % 10000 / 1000 end,
              case when i % 100 = 0 then 2 end, timestamptz '2026-01-01Z', i, i
            from generate_series(1, {count}) i;
            analyze ingestion.transactions;
            select null::text
            """
        );
}
