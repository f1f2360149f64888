using System.Globalization;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using PosModular.Kernel.Paging;

namespace PosModular.Benchmarks.Reads;

/// <summary>A field of the venue as the baseline reads and writes it.</summary>
internal abstract class BaselineField
{
    protected const string Venue = "venue-0";

    public abstract void AddTo(NpgsqlBatch batch);

    public abstract Task WriteAsync(NpgsqlDataReader rows, Utf8JsonWriter json);

    protected static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<object?> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        batch.BatchCommands.Add(command);
    }

    protected static void WriteMoney(Utf8JsonWriter json, ReadOnlySpan<byte> name, long minor)
    {
        json.WriteStartObject(name);
        json.WriteNumber("amountMinor"u8, minor);
        json.WriteEndObject();
    }

    protected static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTime at) =>
        json.WriteString(name, at.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture));

    protected static async Task<int> WriteItemsAsync(NpgsqlDataReader rows, Utf8JsonWriter json, int limit, Action write)
    {
        json.WriteStartArray("nodes"u8);
        var count = 0;
        while (await rows.ReadAsync())
            if (++count <= limit)
                write();
        json.WriteEndArray();
        return count;
    }

    protected static string Name(ReadOnlySpan<string> names, short number) => names[number];
}

internal sealed class TransactionsField(string name, int first, string? after) : BaselineField
{
    private const string Columns = """
        select id, external_id, status, total_minor, tip_minor, tax_minor, total_minor - refunded_minor, user_id, occurred_at,
          payment_method, card_brand, card_last4, breakdown_complete
        from ingestion.transactions where venue_id = $1
        """;

    private static readonly string[] Statuses = ["PENDING", "AUTHORIZED", "COMPLETED"];
    private static readonly string[] PaymentMethods = ["", "CARD"];

    public override void AddTo(NpgsqlBatch batch)
    {
        if (after is null)
            Add(batch, $"{Columns} order by occurred_at desc, id desc limit $2", Venue, first + 1);
        else
        {
            var (at, id) = Cursor.DecodeTime("newest", after);
            Add(
                batch,
                $"{Columns} and (occurred_at, id) < ($3, $4) order by occurred_at desc, id desc limit $2",
                Venue,
                first + 1,
                at.ToDateTimeUtc(),
                id
            );
        }
    }

    public override async Task WriteAsync(NpgsqlDataReader rows, Utf8JsonWriter json)
    {
        json.WriteStartObject(name);
        var (lastAt, lastId) = (default(DateTime), Guid.Empty);
        var count = await WriteItemsAsync(rows, json, first, () =>
        {
            (lastId, lastAt) = (rows.GetGuid(0), rows.GetDateTime(8));
            json.WriteStartObject();
            json.WriteString("id"u8, lastId);
            json.WriteString("externalId"u8, rows.GetString(1));
            json.WriteString("status"u8, Name(Statuses, rows.GetInt16(2)));
            json.WriteStartObject("total"u8);
            json.WriteNumber("amountMinor"u8, rows.GetInt64(3));
            json.WriteString("currency"u8, "EUR"u8);
            json.WriteEndObject();
            WriteMoney(json, "tip"u8, rows.GetInt64(4));
            WriteMoney(json, "tax"u8, rows.GetInt64(5));
            WriteMoney(json, "net"u8, rows.GetInt64(6));
            json.WriteString("userId"u8, rows.IsDBNull(7) ? null : rows.GetString(7));
            WriteTime(json, "occurredAt"u8, lastAt);
            json.WriteString("paymentMethod"u8, Name(PaymentMethods, rows.GetInt16(9)));
            json.WriteStartObject("card"u8);
            json.WriteString("brand"u8, rows.GetString(10));
            json.WriteString("last4"u8, rows.GetString(11));
            json.WriteEndObject();
            json.WriteBoolean("breakdownComplete"u8, rows.GetBoolean(12));
            json.WriteEndObject();
        });
        json.WriteStartObject("pageInfo"u8);
        json.WriteBoolean("hasNextPage"u8, count > first);
        json.WriteString("endCursor"u8, Cursor.EncodeTime("newest", Instant.FromDateTimeUtc(lastAt), lastId));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

internal sealed class MembersField(int first) : BaselineField
{
    private static readonly string[] Tiers = ["GUEST", "REGULAR", "PLATINUM", "WHALE"];

    // Every guest of the benchmarks has spent in one currency.
    public override void AddTo(NpgsqlBatch batch) =>
        Add(
            batch,
            """
            select m.user_id, m.tier, m.first_seen_at, m.last_seen_at, s.currency, s.authorized_minor
            from (select * from rules.members where venue_id = $1 order by user_id limit $2) m
            join rules.lifetime_spend s on s.venue_id = $1 and s.user_id = m.user_id order by m.user_id
            """,
            Venue,
            first + 1
        );

    public override async Task WriteAsync(NpgsqlDataReader rows, Utf8JsonWriter json)
    {
        json.WriteStartObject("members"u8);
        var lastUserId = "";
        var count = await WriteItemsAsync(rows, json, first, () =>
        {
            lastUserId = rows.GetString(0);
            json.WriteStartObject();
            json.WriteString("userId"u8, lastUserId);
            json.WriteString("tier"u8, Name(Tiers, rows.GetInt16(1)));
            WriteTime(json, "firstSeenAt"u8, rows.GetDateTime(2));
            WriteTime(json, "lastSeenAt"u8, rows.GetDateTime(3));
            json.WriteStartArray("lifetimeSpend"u8);
            json.WriteStartObject();
            json.WriteNumber("amountMinor"u8, rows.GetInt64(5));
            json.WriteString("currency"u8, rows.GetString(4));
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        });
        json.WriteStartObject("pageInfo"u8);
        json.WriteBoolean("hasNextPage"u8, count > first);
        json.WriteString("endCursor"u8, Cursor.Encode("member", lastUserId));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

/// <summary>Revenue as the host reads it: from the longest whole sums within the period.</summary>
internal abstract class TotalsField : BaselineField
{
    protected const string OfAllLevels = """
        (select 0::smallint as level, venue_id, starts_at, provider, payment_method, currency,
            count, total_minor, tip_minor, refunded_minor, pending_minor from analytics.revenue_buckets
          union all
          select level, venue_id, starts_at, provider, payment_method, currency,
            count, total_minor, tip_minor, refunded_minor, pending_minor from analytics.revenue_roll_ups)
        """;

    protected static void AddPlanSettings(NpgsqlBatch batch) =>
        Add(
            batch,
            """
            select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
              set_config('jit', 'off', true)
            """
        );

    // Months, days, hours and quarter hours of UTC, from the longest to the shortest.
    protected static IEnumerable<(short Level, DateTime From, DateTime To)> Split(DateTime from, DateTime to, short level = 3)
    {
        if (from >= to)
            return [];
        if (level == 0)
            return [(level, from, to)];
        var start = StartOf(from, level);
        var first = start == from ? start : Next(start, level);
        var end = StartOf(to, level);
        return first < end
            ? [.. Split(from, first, (short)(level - 1)), (level, first, end), .. Split(end, to, (short)(level - 1))]
            : Split(from, to, (short)(level - 1));
    }

    private static DateTime StartOf(DateTime at, short level) =>
        level switch
        {
            1 => at.Date.AddHours(at.Hour),
            2 => at.Date,
            _ => at.Date.AddDays(1 - at.Day),
        };

    private static DateTime Next(DateTime start, short level) =>
        level switch
        {
            1 => start.AddHours(1),
            2 => start.AddDays(1),
            _ => start.AddMonths(1),
        };
}

internal sealed class RevenueField(string name, DateTime from, DateTime to) : TotalsField
{
    public override void AddTo(NpgsqlBatch batch)
    {
        Add(
            batch,
            """
            select h.seq - p.seq from ingestion.feed_heads h
            join analytics.feed_positions p on p.source = 'ingestion' and p.venue_id = h.venue_id where h.venue_id = $1
            """,
            Venue
        );
        AddPlanSettings(batch);
        var ranges = Split(from, to).ToArray();
        Add(
            batch,
            $"""
            select s.payment_method, sum(s.count)::bigint, sum(s.total_minor)::bigint, sum(s.tip_minor)::bigint,
              sum(s.refunded_minor)::bigint, sum(s.pending_minor)::bigint
            from unnest($2::smallint[], $3::timestamptz[], $4::timestamptz[]) r(level, from_at, to_at) cross join lateral (
              select t.* from {OfAllLevels} t
              where t.venue_id = $1 and t.level = r.level and t.starts_at >= r.from_at and t.starts_at < r.to_at offset 0) s
            group by s.payment_method
            """,
            Venue,
            ranges.Select(r => r.Level).ToArray(),
            ranges.Select(r => r.From).ToArray(),
            ranges.Select(r => r.To).ToArray()
        );
    }

    // Every payment of the benchmarks is by card and in euros.
    public override async Task WriteAsync(NpgsqlDataReader rows, Utf8JsonWriter json)
    {
        await rows.ReadAsync();
        var pendingChanges = rows.GetInt64(0);
        await rows.NextResultAsync();
        await rows.NextResultAsync();
        await rows.ReadAsync();
        var (count, total, tip, refunded, pending) = (
            rows.GetInt64(1),
            rows.GetInt64(2),
            rows.GetInt64(3),
            rows.GetInt64(4),
            rows.GetInt64(5)
        );
        json.WriteStartObject(name);
        WriteTime(json, "from"u8, from);
        WriteTime(json, "to"u8, to);
        WriteMoney(json, "total"u8, total);
        json.WriteNumber("count"u8, count);
        WriteMoney(json, "average"u8, (long)Math.Round((decimal)total / count, MidpointRounding.ToEven));
        WriteMoney(json, "net"u8, total - refunded);
        WriteMoney(json, "refunded"u8, refunded);
        WriteMoney(json, "tip"u8, tip);
        WriteMoney(json, "pending"u8, pending);
        json.WriteStartArray("byPaymentMethod"u8);
        json.WriteStartObject();
        json.WriteString("key"u8, "CARD"u8);
        WriteMoney(json, "total"u8, total);
        json.WriteNumber("count"u8, count);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteNumber("pendingChanges"u8, pendingChanges);
        json.WriteEndObject();
    }
}

/// <summary>Revenue by the business day of a venue in Berlin whose days start at six.</summary>
internal sealed class SeriesField : TotalsField
{
    private static readonly DateTimeZone Zone = DateTimeZoneProviders.Tzdb["Europe/Berlin"];
    private static readonly LocalTime Cutoff = new(6, 0);

    private readonly LocalDate[] _days;

    public SeriesField(string from, string to)
    {
        var first = LocalDatePattern.Iso.Parse(from).Value;
        var count = Period.DaysBetween(first, LocalDatePattern.Iso.Parse(to).Value);
        _days = [.. Enumerable.Range(0, count).Select(first.PlusDays)];
    }

    public override void AddTo(NpgsqlBatch batch)
    {
        AddPlanSettings(batch);
        var ranges = _days
            .SelectMany((day, i) => Split(StartOf(day), StartOf(day.PlusDays(1))).Select(range => (Day: i, Range: range)))
            .ToArray();
        Add(
            batch,
            $"""
            select r.interval, s.*
            from unnest($3::int[], $4::smallint[], $5::timestamptz[], $6::timestamptz[]) r(interval, level, from_at, to_at)
            cross join lateral (
              select sum(t.total_minor)::bigint, sum(t.count)::bigint, sum(t.refunded_minor)::bigint, sum(t.tip_minor)::bigint
              from {OfAllLevels} t
              where t.venue_id = $1 and t.currency = $2 and t.level = r.level and t.starts_at >= r.from_at and t.starts_at < r.to_at
              having count(*) > 0) s
            """,
            Venue,
            "EUR",
            ranges.Select(r => r.Day).ToArray(),
            ranges.Select(r => r.Range.Level).ToArray(),
            ranges.Select(r => r.Range.From).ToArray(),
            ranges.Select(r => r.Range.To).ToArray()
        );
    }

    public override async Task WriteAsync(NpgsqlDataReader rows, Utf8JsonWriter json)
    {
        await rows.NextResultAsync();
        var sums = new (long Total, long Count, long Refunded)[_days.Length];
        while (await rows.ReadAsync())
        {
            ref var sum = ref sums[rows.GetInt32(0)];
            sum = (sum.Total + rows.GetInt64(1), sum.Count + rows.GetInt64(2), sum.Refunded + rows.GetInt64(3));
        }
        json.WriteStartArray("revenueSeries"u8);
        foreach (var (day, sum) in _days.Zip(sums))
        {
            json.WriteStartObject();
            json.WriteString("label"u8, LocalDatePattern.Iso.Format(day));
            WriteMoney(json, "total"u8, sum.Total);
            json.WriteNumber("count"u8, sum.Count);
            WriteMoney(json, "net"u8, sum.Total - sum.Refunded);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static DateTime StartOf(LocalDate day) => Zone.AtLeniently(day + Cutoff).ToDateTimeUtc();
}
