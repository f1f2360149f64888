using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Rules.Migrations
{
    /// <inheritdoc />
    internal partial class MemberIds : Migration
    {
        // A member's public id is a hash of venue and user, which MemberRow.IdOf computes too. The index depends on the function.
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql(
                """
                create function rules.member_id(venue_id text, user_id text) returns uuid language sql immutable strict parallel safe
                as $$ select encode(substr(sha256(convert_to(venue_id || '/' || user_id, 'UTF8')), 1, 16), 'hex')::uuid $$;
                create unique index ix_members_id on rules.members (rules.member_id(venue_id, user_id));
                """
            );

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql("drop index rules.ix_members_id; drop function rules.member_id(text, text)");
    }
}
