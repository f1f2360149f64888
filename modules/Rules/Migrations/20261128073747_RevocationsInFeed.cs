using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Rules.Migrations
{
    /// <inheritdoc />
    internal partial class RevocationsInFeed : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(name: "revoked_seq", schema: "rules", table: "unlocks", type: "bigint", nullable: true);
            // Revocations of the past follow the unlocks, in the order of their times.
            migrationBuilder.Sql(
                """
                with numbered as (
                  select venue_id, id, row_number() over (partition by venue_id order by revoked_at, seq) as number
                  from rules.unlocks where revoked_at is not null),
                heads as (
                  update rules.feed_heads h set seq = h.seq + n.count
                  from (select venue_id, count(*) from numbered group by venue_id) n
                  where h.venue_id = n.venue_id returning h.venue_id, h.seq - n.count as before)
                update rules.unlocks u set revoked_seq = h.before + n.number
                from numbered n join heads h on h.venue_id = n.venue_id
                where u.venue_id = n.venue_id and u.id = n.id
                """
            );
            migrationBuilder.CreateIndex(
                name: "ix_unlocks_venue_id_revoked_seq",
                schema: "rules",
                table: "unlocks",
                columns: new[] { "venue_id", "revoked_seq" },
                unique: true,
                filter: "revoked_seq is not null"
            );
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(name: "ix_unlocks_venue_id_revoked_seq", schema: "rules", table: "unlocks");
            migrationBuilder.DropColumn(name: "revoked_seq", schema: "rules", table: "unlocks");
        }
    }
}
