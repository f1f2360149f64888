using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Analytics.Migrations
{
    /// <inheritdoc />
    internal partial class RevenueRollUps : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "revenue_roll_ups",
                schema: "analytics",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    level = table.Column<short>(type: "smallint", nullable: false),
                    starts_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    provider = table.Column<short>(type: "smallint", nullable: false),
                    payment_method = table.Column<short>(type: "smallint", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    count = table.Column<long>(type: "bigint", nullable: false),
                    total_minor = table.Column<long>(type: "bigint", nullable: false),
                    tip_minor = table.Column<long>(type: "bigint", nullable: false),
                    refunded_minor = table.Column<long>(type: "bigint", nullable: false),
                    pending_minor = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_revenue_roll_ups",
                        x => new { x.venue_id, x.level, x.starts_at, x.provider, x.payment_method, x.currency });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 70);

            // During an update, hosts of the version that knows no roll-ups still add to the buckets. For them a trigger adds the same to
            // the roll-ups; hosts that do it themselves say so. Creating it waits for transactions that write to the table and keeps
            // others from it until this one has filled the roll-ups.
            migrationBuilder.Sql(
                """
                create function analytics.roll_up_revenue() returns trigger language plpgsql as $$ begin
                  insert into analytics.revenue_roll_ups as r
                    (venue_id, level, starts_at, provider, payment_method, currency,
                      count, total_minor, tip_minor, refunded_minor, pending_minor)
                  select new.venue_id, l.level, date_trunc(l.unit, new.starts_at, 'UTC'), new.provider, new.payment_method, new.currency,
                    new.count - coalesce(old.count, 0), new.total_minor - coalesce(old.total_minor, 0),
                    new.tip_minor - coalesce(old.tip_minor, 0), new.refunded_minor - coalesce(old.refunded_minor, 0),
                    new.pending_minor - coalesce(old.pending_minor, 0)
                  from (values (1, 'hour'), (2, 'day'), (3, 'month')) l(level, unit)
                  on conflict (venue_id, level, starts_at, provider, payment_method, currency) do update set
                    count = r.count + excluded.count, total_minor = r.total_minor + excluded.total_minor,
                    tip_minor = r.tip_minor + excluded.tip_minor, refunded_minor = r.refunded_minor + excluded.refunded_minor,
                    pending_minor = r.pending_minor + excluded.pending_minor;
                  return null;
                end $$;
                create trigger roll_up_revenue after insert or update on analytics.revenue_buckets for each row
                when (current_setting('analytics.rolls_up', true) is distinct from 'on') execute function analytics.roll_up_revenue()
                """
            );

            // A sixteenth of the venues at a time, so that no statement runs into the command timeout.
            for (var part = 0; part < 16; part++)
                migrationBuilder.Sql(
                    $"""
                    insert into analytics.revenue_roll_ups
                      (venue_id, level, starts_at, provider, payment_method, currency,
                        count, total_minor, tip_minor, refunded_minor, pending_minor)
                    select b.venue_id, l.level, date_trunc(l.unit, b.starts_at, 'UTC'), b.provider, b.payment_method, b.currency,
                      sum(b.count), sum(b.total_minor), sum(b.tip_minor), sum(b.refunded_minor), sum(b.pending_minor)
                    from analytics.revenue_buckets b cross join (values (1, 'hour'), (2, 'day'), (3, 'month')) l(level, unit)
                    where hashtext(b.venue_id) & 15 = {part}
                    group by 1, 2, 3, 4, 5, 6
                    """
                );
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("drop trigger roll_up_revenue on analytics.revenue_buckets; drop function analytics.roll_up_revenue()");
            migrationBuilder.DropTable(
                name: "revenue_roll_ups",
                schema: "analytics");
        }
    }
}
