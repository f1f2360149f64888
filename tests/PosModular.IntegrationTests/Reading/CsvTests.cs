using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Reading;

/// <summary>The CSV download: its format, its permissions and its parameters.</summary>
public sealed class CsvTests(TestPostgres postgres, SharedTestVenue shared) : IClassFixture<SharedTestVenue>
{
    private const string Header =
        "id,externalId,externalOrderId,provider,connectionId,occurredAt,businessDate,status,currency,"
        + "total,subtotal,tax,tip,discount,serviceCharge,refunded,net,"
        + "breakdownComplete,paymentMethod,cardBrand,cardLast4,userId,matchedBy,recordedAt";

    [Fact]
    public async Task Rows_follow_RFC_4180_and_are_safe_to_open_in_a_spreadsheet()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("=1+1", amount: 1234, refunded: 234, createdAt: "2026-11-20T20:00:00.000Z"));
        await venue.PostWebhookAsync(venue.PaymentEvent("yen", amount: 1200, currency: "JPY", createdAt: "2026-11-20T21:00:00.000Z"));
        await venue.PostWebhookAsync(venue.PaymentEvent("dinar", amount: 1250, currency: "KWD", createdAt: "2026-11-21T08:00:00.000Z"));
        await venue.PostWebhookAsync(venue.RefundEvent("refund", null, amount: 400));
        var transactionId = await venue.SqlAsync<Guid>("select id from ingestion.transactions where external_id = '=1+1'");
        (
            await venue.Owner.GetDataAsync(
                """
                mutation($id: ID!, $user: ID!) {
                  assignTransaction(input: { venueId: "bar", transactionId: $id, userId: $user }) { errors { code } } }
                """,
                new { id = transactionId, user = "@SUM(1,2)\"x\"" }
            )
        ).At("assignTransaction.errors").GetArrayLength().ShouldBe(0);

        using var response = await venue.DownloadCsvAsync(token: venue.Owner.Token);

        response.Content.Headers.ContentType!.ToString().ShouldBe("text/csv; charset=utf-8");
        response.Content.Headers.ContentDisposition!.FileName!.Trim('"').ShouldBe("transactions-bar.csv");
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldStartWith(Header + "\r\n");
        var rows = (await venue.GetCsvRowsAsync("?order=OLDEST_FIRST"))
            .Select(row => row[(row.IndexOf(',', StringComparison.Ordinal) + 1)..row.LastIndexOf(',')])
            .ToArray();
        // Two rows have the same time, so their order is not defined.
        var square = $"SQUARE,{venue.ConnectionId}";
        rows.ShouldBe(
            [
                $"'=1+1,order-=1+1,{square},2026-11-20T20:00:00Z,2026-11-20,PARTIALLY_REFUNDED,USD,12.34,12.34,0.00,0.00,0.00,0.00,2.34,"
                    + "10.00,false,CARD,VISA,1111,\"'@SUM(1,2)\"\"x\"\"\",HAND",
                $"yen,order-yen,{square},2026-11-20T21:00:00Z,2026-11-20,COMPLETED,JPY,1200,1200,0,0,0,0,0,1200,false,CARD,VISA,1111,,",
                $"refund,,{square},2026-11-20T21:00:00Z,2026-11-20,REFUNDED,USD,0.00,0.00,0.00,0.00,0.00,0.00,4.00,-4.00,true,OTHER,,,,",
                // 03:00 in New York belongs to the business date before.
                $"dinar,order-dinar,{square},2026-11-21T08:00:00Z,2026-11-20,COMPLETED,KWD,1.250,1.250,0.000,0.000,0.000,0.000,0.000,1.250,"
                    + "false,CARD,VISA,1111,,",
            ],
            ignoreOrder: true
        );
        rows[^1].ShouldStartWith("dinar");
        (await venue.GetCsvRowsAsync("?order=LARGEST_FIRST"))
            .Select(row => row.Split(',')[1])
            .ShouldBe(["dinar", "'=1+1", "yen", "refund"]);
        (await venue.GetCsvRowsAsync("?search=nothing")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(1)", "'@SUM(1)")]
    [InlineData("x;=1+1", "x;'=1+1")]
    [InlineData("x;+1;-1;@A1", "x;'+1;'-1;'@A1")]
    [InlineData("x; =1", "x; '=1")]
    [InlineData("x;\"=cmd|' /C calc'!A0\"", "\"x;\"\"'=cmd|' /C calc'!A0\"\"\"")]
    [InlineData("x;\uFF1D1", "x;'\uFF1D1")]
    [InlineData("x\t=HYPERLINK(1)", "x\t'=HYPERLINK(1)")]
    [InlineData("x\r\n=1", "\"x\r\n'=1\"")]
    [InlineData("x\n@A1", "\"x\n'@A1\"")]
    [InlineData("\t=1", "'\t'=1")]
    [InlineData("\rx", "\"'\rx\"")]
    [InlineData("a=b;c-d", "a=b;c-d")]
    public async Task Text_that_would_begin_a_formula_in_any_cell_is_made_harmless(string userId, string cell)
    {
        var venue = await shared.GetAsync();
        await venue.PostWebhookAsync(venue.PaymentEvent("formula"));
        await using (var source = NpgsqlDataSource.Create(venue.Database))
        await using (var assign = source.CreateCommand("update ingestion.transactions set user_id = $1 where external_id = 'formula'"))
        {
            assign.Parameters.AddWithValue(userId);
            await assign.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        using var response = await venue.DownloadCsvAsync("?search=formula", venue.Owner.Token);

        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain($",VISA,1111,{cell},,");
    }

    [Fact]
    public async Task Only_an_owner_may_download_and_an_invalid_parameter_is_named()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        async Task<string> GetErrorAsync(string? token, string query = "", string venueId = TestVenue.VenueId)
        {
            using var response = await venue.DownloadCsvAsync(query, token, venueId);
            var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            return $"{(int)response.StatusCode} {body.At("code").GetString()} {body.At("message").GetString()!.Split(' ')[0]}";
        }

        (await GetErrorAsync(null)).ShouldStartWith("401 UNAUTHENTICATED");
        (await GetErrorAsync("not.a.token")).ShouldStartWith("401 UNAUTHENTICATED");
        (await GetErrorAsync(TestKeys.Token("stranger"))).ShouldStartWith("403 FORBIDDEN");
        (await GetErrorAsync(venue.Moderator.Token)).ShouldStartWith("403 FORBIDDEN");
        (await GetErrorAsync(venue.Owner.Token, venueId: "no-such-venue")).ShouldStartWith("403 FORBIDDEN");
        foreach (
            var (name, value) in new[]
            {
                ("from", "yesterday"),
                ("to", "2026-11-20"),
                ("provider", "Square"),
                ("statuses", "COMPLETED,PAID"),
                ("statuses", "2"),
                ("paymentMethods", "GOLD"),
                ("matched", "yes"),
                ("minTotalMinor", "1.5"),
                ("maxTotalMinor", "99999999999999999999"),
                ("search", "%01"),
                ("userId", "a%00b"),
                ("order", "BEST_FIRST"),
            }
        )
            (await GetErrorAsync(venue.Owner.Token, $"?{name}={value}")).ShouldBe($"400 INVALID_INPUT {name}");
    }

    [Fact]
    public async Task Ten_thousand_rows_are_streamed_each_exactly_once()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.InsertTransactionsAsync(10_000);
        foreach (var order in new[] { "NEWEST_FIRST", "OLDEST_FIRST", "LARGEST_FIRST" })
        {
            using var response = await venue.DownloadCsvAsync("?order=" + order, venue.Owner.Token);
            response.Content.Headers.ContentLength.ShouldBeNull();
            response.Headers.TransferEncodingChunked.ShouldBe(true);
            var rows = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split("\r\n")[1..^1];
            rows.Select(row => row.Split(',')[1]).Distinct().Count().ShouldBe(10_000);
            rows.Length.ShouldBe(10_000);
        }
    }
}
