using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Rules.Migrations
{
    /// <inheritdoc />
    internal partial class UnlockRuleNames : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(name: "rule_name", schema: "rules", table: "unlocks", type: "text", nullable: true);
            // The earlier names are not known, so unlocks that were given before keep the present one.
            migrationBuilder.Sql(
                """
                update rules.unlocks u set rule_name = r.name from rules.spend_rules r
                where r.venue_id = u.venue_id and r.id = u.rule_id
                """
            );
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            migrationBuilder.DropColumn(name: "rule_name", schema: "rules", table: "unlocks");
    }
}
