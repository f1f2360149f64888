using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Ingestion.Migrations
{
    /// <inheritdoc />
    internal partial class TransactionCounts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "transaction_counts",
                schema: "ingestion",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    provider = table.Column<short>(type: "smallint", nullable: false),
                    day = table.Column<LocalDate>(type: "date", nullable: false),
                    outcome = table.Column<short>(type: "smallint", nullable: false),
                    count = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_transaction_counts", x => new { x.venue_id, x.day, x.connection_id, x.provider, x.outcome });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 50);

            // 1 to 4 are the statuses of a sale: authorised, completed, partially refunded and refunded; 2 is the payment method cash.
            migrationBuilder.Sql(
                """
                create function ingestion.match_outcome(
                  status smallint, added_seq bigint, user_id text, payment_method smallint, card_token text
                ) returns smallint language sql immutable parallel safe as $$
                  select (case when status not between 1 and 4 or added_seq is null then 0 when user_id is not null then 1
                    when payment_method = 2 then 2 when card_token is null then 3 else 4 end)::smallint
                $$;

                create function ingestion.count_transactions() returns trigger language plpgsql as $$ begin
                  if tg_op = 'INSERT' then
                    insert into ingestion.transaction_counts as c (venue_id, day, connection_id, provider, outcome, count)
                    select venue_id, (occurred_at at time zone 'UTC')::date, connection_id, provider,
                      ingestion.match_outcome(status, added_seq, user_id, payment_method, card_token), count(*)
                    from new_rows group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
                    on conflict (venue_id, day, connection_id, provider, outcome) do update set count = c.count + excluded.count;
                  elsif tg_op = 'UPDATE' then
                    insert into ingestion.transaction_counts as c (venue_id, day, connection_id, provider, outcome, count)
                    select venue_id, (occurred_at at time zone 'UTC')::date, connection_id, provider,
                      ingestion.match_outcome(status, added_seq, user_id, payment_method, card_token), sum(change)
                    from (select n.*, 1 as change from new_rows n union all select o.*, -1 from old_rows o) r
                    group by 1, 2, 3, 4, 5 having sum(change) <> 0 order by 1, 2, 3, 4, 5
                    on conflict (venue_id, day, connection_id, provider, outcome) do update set count = c.count + excluded.count;
                  else
                    insert into ingestion.transaction_counts as c (venue_id, day, connection_id, provider, outcome, count)
                    select venue_id, (occurred_at at time zone 'UTC')::date, connection_id, provider,
                      ingestion.match_outcome(status, added_seq, user_id, payment_method, card_token), -count(*)
                    from old_rows group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
                    on conflict (venue_id, day, connection_id, provider, outcome) do update set count = c.count + excluded.count;
                  end if;
                  return null;
                end $$;

                create trigger count_inserted after insert on ingestion.transactions
                  referencing new table as new_rows for each statement execute function ingestion.count_transactions();
                create trigger count_updated after update on ingestion.transactions
                  referencing old table as old_rows new table as new_rows for each statement execute function ingestion.count_transactions();
                create trigger count_deleted after delete on ingestion.transactions
                  referencing old table as old_rows for each statement execute function ingestion.count_transactions()
                """
            );

            // Creating a trigger keeps writers from the table until this transaction ends, so that none is left out or counted twice. A
            // sixteenth of the venues at a time, so that no statement runs into the command timeout.
            for (var part = 0; part < 16; part++)
                migrationBuilder.Sql(
                    $"""
                    insert into ingestion.transaction_counts (venue_id, day, connection_id, provider, outcome, count)
                    select venue_id, (occurred_at at time zone 'UTC')::date, connection_id, provider,
                      ingestion.match_outcome(status, added_seq, user_id, payment_method, card_token), count(*)
                    from ingestion.transactions where hashtext(venue_id) & 15 = {part} group by 1, 2, 3, 4, 5
                    """
                );
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                drop trigger count_inserted on ingestion.transactions;
                drop trigger count_updated on ingestion.transactions;
                drop trigger count_deleted on ingestion.transactions;
                drop function ingestion.count_transactions();
                drop function ingestion.match_outcome(smallint, bigint, text, smallint, text)
                """
            );
            migrationBuilder.DropTable(
                name: "transaction_counts",
                schema: "ingestion");
        }
    }
}
