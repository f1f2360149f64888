using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace PosModular.Benchmarks.Reads;

/// <summary>
/// The baseline of queries: a web server that runs one statement for each field of a response, prepared and in one batch, and writes the
/// same JSON as the host, without GraphQL, rights or an object for a row.
/// </summary>
internal static class ReadBaseline
{
    public const string DatabaseVariable = "BASELINE_DATABASE";

    public static async Task<int> ServeAsync(string url)
    {
        var settings = new NpgsqlConnectionStringBuilder(Environment.GetEnvironmentVariable(DatabaseVariable))
        {
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 1,
            NoResetOnClose = true,
        };
        await using var database = NpgsqlDataSource.Create(settings.ConnectionString);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();

        Map("/transactions", query => [new TransactionsField("transactions", 50, query["after"])]);
        Map("/members", _ => [new MembersField(50)]);
        Map("/revenue", query => [new RevenueField("revenue", Time(query["from"]), Time(query["to"]))]);
        Map("/series", query => [new SeriesField(query["from"]!, query["to"]!)]);
        Map("/dashboard", query =>
            [
                new RevenueField("day", Time(query["dayFrom"]), Time(query["dayTo"])),
                new RevenueField("month", Time(query["monthFrom"]), Time(query["monthTo"])),
                new SeriesField(query["from"]!, query["to"]!),
                new TransactionsField("transactions", 10, null),
                new MembersField(10),
            ]
        );
        await app.RunAsync(url);
        return 0;

        void Map(string path, Func<IQueryCollection, BaselineField[]> fields) =>
            app.MapGet(path, (RequestDelegate)(http => AnswerAsync(http, database, fields(http.Request.Query))));
    }

    private static DateTime Time(string? text) =>
        DateTimeOffset.Parse(text!, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime;

    private static async Task AnswerAsync(HttpContext http, NpgsqlDataSource database, BaselineField[] fields)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        await using (var batch = database.CreateBatch())
        {
            foreach (var field in fields)
                field.AddTo(batch);
            await using var rows = await batch.ExecuteReaderAsync(http.RequestAborted);
            await using var json = new Utf8JsonWriter(buffer);
            json.WriteStartObject();
            json.WriteStartObject("data"u8);
            json.WriteStartObject("venue"u8);
            foreach (var field in fields)
            {
                await field.WriteAsync(rows, json);
                await rows.NextResultAsync();
            }
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = buffer.WrittenCount;
        await http.Response.BodyWriter.WriteAsync(buffer.WrittenMemory);
    }
}
