using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using PosModular.Host.Postgres;
using PosModular.Simulator;
using PosModular.Simulator.Sellers;

namespace PosModular.Benchmarks;

/// <summary>Signed webhooks against the real host on a real PostgreSQL of its own, with rules and analytics running, beside pgbench inserting
/// the same raw event singly and a web server that only checks the signature.</summary>
internal static class WebhookBench
{
    private const string SigningKey = "a signing key for benchmarks, of more than thirty-two bytes";
    private static readonly string Repository = Find(new DirectoryInfo(AppContext.BaseDirectory));

    public static async Task<int> RunAsync(BenchSettings settings)
    {
        var directory = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}");
        await using var postgres = await EmbeddedPostgres.StartAsync(directory, throwAway: true, NullLogger.Instance, CancellationToken.None);
        var body = Body("event-00000000", "payment-0000000", "LOCATION00");
        Console.WriteLine($"{settings.Connections} connections, {settings.Venues} venues, {settings.WarmUp.TotalSeconds:N0} s warm-up, {settings.Measured.TotalSeconds:N0} s measured, bodies of {body.Length:N0} bytes");

        var ours = await OursAsync(postgres.ConnectionString, settings);
        var inserts = await PgbenchAsync(postgres.ConnectionString, settings, body);
        var hmac = await HmacAsync(settings, body);
        Console.WriteLine($"ours / pgbench {ours.PerSecond / inserts.PerSecond:N2}   ours / signature only {ours.PerSecond / hmac.PerSecond:N2}");
        return ours.Refused == 0 ? 0 : 1;
    }

    private static async Task<Figures> OursAsync(string database, BenchSettings settings)
    {
        await using var square = await SquareSimulator.StartAsync();
        var address = RunningProgram.FreeAddress();
        await using var host = RunningProgram.Start("dotnet", [Path.Combine(Repository, "src/PosModular.Host/bin/Release/net10.0/PosModular.Host.dll")], new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_URLS"] = address.ToString(),
            ["ConnectionStrings__Pos"] = database,
            ["POS_ENCRYPTION_KEY"] = Convert.ToHexString(RandomNumberGenerator.GetBytes(32)),
            ["Auth__Jwt__SigningKey"] = SigningKey,
            ["Pos__PublicBaseUrl"] = "https://pos.example.test",
            ["Pos__Square__BaseUrls__Sandbox"] = square.Address.ToString(),
            ["Pos__Relays"] = settings.Readers ? "true" : "false",
        });
        await RunningProgram.WhenListeningAsync(address);
        var tills = new (Till Till, string Url, byte[] Key)[settings.Venues];
        for (var i = 0; i < tills.Length; i++)
            tills[i] = await ConnectAsync(address, square, $"venue-{i}");

        var run = Guid.NewGuid().ToString("N")[..8];
        byte[] Make(int i)
        {
            var (till, url, key) = tills[i % tills.Length];
            return Request(new Uri(url).AbsolutePath, Body($"{run}-{i:D9}", $"{run}-{i:D9}", till.Location.Id), url, key);
        }
        // Made and signed beforehand: what the till's provider spends on that is not ours, and shares our processors here.
        var ready = new byte[(int)((settings.WarmUp + settings.Measured).TotalSeconds * 9_000)][];
        Parallel.For(0, ready.Length, i => ready[i] = Make(i));
        var before = host.Processor;
        var figures = await Load.RunAsync("PosModular, durable webhooks", address, settings, i => i < ready.Length ? ready[i] : Make(i));
        Console.WriteLine(figures);
        if (!settings.Readers)
        {
            Console.WriteLine($"   without rules and analytics; host's processor time {(host.Processor - before).TotalSeconds:N1} s");
            return figures;
        }
        await using var source = NpgsqlDataSource.Create(database);
        var began = Stopwatch.GetTimestamp();
        var behind = await AskAsync(source, Behind);
        while (await AskAsync(source, Behind) > 0)
            await Task.Yield();
        var stored = await AskAsync(source, "select count(*) from ingestion.transactions");
        var counted = await AskAsync(source, "select coalesce(sum(count), 0)::bigint from analytics.revenue_buckets");
        Console.WriteLine($"   changes behind at the end {behind:N0}, caught up in {Stopwatch.GetElapsedTime(began).TotalMilliseconds:N0} ms; sales {stored:N0}, counted in revenue {counted:N0}; host's processor time {(host.Processor - before).TotalSeconds:N1} s");
        return stored == counted ? figures : figures with { Refused = figures.Refused + 1 };
    }

    private const string Behind = """
        select coalesce(sum(h.seq - coalesce(a.seq, 0) + h.seq - coalesce(r.seq, 0)), 0)::bigint from ingestion.feed_heads h
        left join analytics.feed_positions a using (venue_id) left join rules.feed_positions r using (venue_id)
        """;

    private static async Task<long> AskAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<(Till, string, byte[])> ConnectAsync(Uri address, RunningSimulator square, string venue)
    {
        var till = square.Sellers.AddTill(new TillOrder { AccessToken = "token-" + venue });
        await AskAsync(address, "mutation($input: RegisterVenueInput!) { registerVenue(input: $input) { errors { message } } }",
            new { input = new { id = venue, name = venue, timeZone = "Europe/Berlin", currency = "EUR", ownerUserIds = new[] { "owner" } } });
        var answer = await AskAsync(address, "mutation($input: ConnectPosInput!) { connectPos(input: $input) { connection { webhook { notificationUrl subscriptionId } } errors { message } } }",
            new { input = new { venueId = venue, credentials = new { provider = "SQUARE", environment = "SANDBOX", locationId = till.Location.Id, accessToken = till.Token.Value } } });
        var webhook = answer.GetProperty("data").GetProperty("connectPos").GetProperty("connection").GetProperty("webhook");
        var key = square.Subscriptions.All.Single(s => s.Id == webhook.GetProperty("subscriptionId").GetString()).SignatureKey;
        return (till, webhook.GetProperty("notificationUrl").GetString()!, Encoding.UTF8.GetBytes(key));
    }

    private static async Task<JsonElement> AskAsync(Uri address, string query, object variables)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object> { ["sub"] = "owner", ["role"] = "HEAD_MODERATOR" },
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(SigningKey)), SecurityAlgorithms.HmacSha256),
        }));
        using var response = await http.PostAsJsonAsync(new Uri(address, "/graphql"), new { query, variables });
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<Figures> HmacAsync(BenchSettings settings, byte[] body)
    {
        var address = RunningProgram.FreeAddress();
        await using var floor = RunningProgram.Start("dotnet", [typeof(WebhookBench).Assembly.Location, "hmac-floor", address.ToString()]);
        await RunningProgram.WhenListeningAsync(address);
        var request = Request("/", body, "https://pos.example.test/", "key"u8.ToArray());
        var figures = await Load.RunAsync("floor: web server, signature only", address, settings, _ => request);
        Console.WriteLine(figures);
        return figures;
    }

    // The same row as ingestion.webhook_events, with its key and its index.
    private static async Task<Figures> PgbenchAsync(string database, BenchSettings settings, byte[] body)
    {
        await using (var source = NpgsqlDataSource.Create(database))
        await using (var command = source.CreateCommand("create table floor_events (like ingestion.webhook_events including all)"))
            await command.ExecuteNonQueryAsync();
        var script = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}.sql");
        await File.WriteAllTextAsync(script, $"""
            \set n random(1, 1000000000000)
            \set v random(0, {settings.Venues - 1})
            insert into floor_events (id, venue_id, connection_id, event_id, provider, type, status, received_at, attempts, payload)
            values (gen_random_uuid(), 'venue-' || :v, '00000000-0000-0000-0000-000000000000', :n::text, 2, 'payment.updated', 1, now(), 1, '\x{Convert.ToHexString(body)}')
            on conflict do nothing;
            """);
        var to = new NpgsqlConnectionStringBuilder(database);
        var seconds = (int)(settings.WarmUp + settings.Measured).TotalSeconds;
        var output = await RunningProgram.OutputAsync(PgbenchPath(), ["-n", "-M", "prepared", "-c", $"{settings.Connections}", "-j", "2", "-T", $"{seconds}", "-f", script,
            "-h", to.Host!, "-p", $"{to.Port}", "-U", to.Username!, to.Database!], new Dictionary<string, string> { ["PGPASSWORD"] = to.Password! });
        File.Delete(script);
        double Number(string start) => double.Parse(output.Split('\n').Single(l => l.StartsWith(start, StringComparison.Ordinal))[start.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
        var figures = new Figures("floor: pgbench, the same raw event singly", Number("tps ="), TimeSpan.FromMilliseconds(Number("latency average =")), TimeSpan.Zero, 0);
        Console.WriteLine($"{figures.What,-44} {figures.PerSecond,9:N0}/s   mean {figures.Median.TotalMilliseconds,5:N1} ms");
        return figures;
    }

    private static string PgbenchPath() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => Path.Combine(d, "bin")) : [])
        .Select(d => Path.Combine(d, "pgbench")).First(File.Exists);

    private static byte[] Request(string path, byte[] body, string url, byte[] key)
    {
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(url).Concat(body).ToArray()));
        return [.. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nx-square-hmacsha256-signature: {signature}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
    }

    // The shape and size of Square's documented example.
    private static byte[] Body(string eventId, string paymentId, string location) => Encoding.UTF8.GetBytes($$"""
        {"merchant_id":"6SSW7HV8K2ST5","type":"payment.updated","event_id":"{{eventId}}","created_at":"2026-11-20T21:27:34.308Z","data":{"type":"payment","id":"{{paymentId}}","object":{"payment":{"amount_money":{"amount":1000,"currency":"EUR"},"approved_money":{"amount":1000,"currency":"EUR"},"card_details":{"avs_status":"AVS_ACCEPTED","card":{"bin":"540988","card_brand":"MASTERCARD","card_type":"CREDIT","exp_month":11,"exp_year":2022,"fingerprint":"sq-1-Tvruf3vPQxlvI6n0IcKYfBukrcv6IqWr8UyBdViWXU2yzGn5VMJvrsHMKpINMhPmVg","last_4":"9029","prepaid_type":"NOT_PREPAID"},"card_payment_timeline":{"authorized_at":"2026-11-20T21:16:51.198Z","captured_at":"2026-11-20T21:19:00.832Z"},"cvv_status":"CVV_ACCEPTED","entry_method":"KEYED","statement_description":"SQ *DEFAULT TEST ACCOUNT","status":"CAPTURED"},"created_at":"2026-11-20T21:16:51.086Z","delay_action":"CANCEL","delay_duration":"PT168H","delayed_until":"2026-11-29T21:16:51.086Z","id":"{{paymentId}}","location_id":"{{location}}","order_id":"order-{{paymentId}}","receipt_number":"hYy9","receipt_url":"https://squareup.com/receipt/preview/hYy9pRFVxpDsO1FB05SunFWUe9JZY","risk_evaluation":{"created_at":"2026-11-20T21:16:51.198Z","risk_level":"NORMAL"},"source_type":"CARD","status":"COMPLETED","total_money":{"amount":1000,"currency":"EUR"},"updated_at":"2026-11-20T21:19:00.831Z","version_token":"bhC3b8qKJvNDdxqKzXaeDsAjS1oMFuAKxGgT32HbE6S6o"} } } }
        """);

    private static string Find(DirectoryInfo? folder) => folder is null ? throw new DirectoryNotFoundException("PosModular.sln")
        : File.Exists(Path.Combine(folder.FullName, "PosModular.sln")) ? folder.FullName : Find(folder.Parent);
}
