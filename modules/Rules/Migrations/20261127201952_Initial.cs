using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Rules.Migrations
{
    /// <inheritdoc />
    internal partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "rules");

            migrationBuilder.CreateTable(
                name: "feed_dead_letters",
                schema: "rules",
                columns: table => new
                {
                    source = table.Column<string>(type: "text", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false),
                    error = table.Column<string>(type: "text", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    failed_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    next_attempt_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feed_dead_letters", x => new { x.source, x.venue_id, x.seq });
                });

            migrationBuilder.CreateTable(
                name: "feed_heads",
                schema: "rules",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feed_heads", x => x.venue_id);
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 50);

            migrationBuilder.CreateTable(
                name: "feed_positions",
                schema: "rules",
                columns: table => new
                {
                    source = table.Column<string>(type: "text", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feed_positions", x => new { x.source, x.venue_id });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 50);

            migrationBuilder.CreateTable(
                name: "lifetime_spend",
                schema: "rules",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    user_id = table.Column<string>(type: "text", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    authorized_minor = table.Column<long>(type: "bigint", nullable: false),
                    captured_minor = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_lifetime_spend", x => new { x.venue_id, x.user_id, x.currency });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 80);

            migrationBuilder.CreateTable(
                name: "live_sessions",
                schema: "rules",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    performer_id = table.Column<string>(type: "text", nullable: false),
                    started_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_live_sessions", x => new { x.venue_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "members",
                schema: "rules",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    user_id = table.Column<string>(type: "text", nullable: false),
                    tier = table.Column<short>(type: "smallint", nullable: false),
                    access = table.Column<short[]>(type: "smallint[]", nullable: false),
                    first_seen_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    last_seen_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_members", x => new { x.venue_id, x.user_id });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 80);

            migrationBuilder.CreateTable(
                name: "spend_rules",
                schema: "rules",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    enabled = table.Column<bool>(type: "boolean", nullable: false),
                    priority = table.Column<int>(type: "integer", nullable: false),
                    threshold_minor = table.Column<long>(type: "bigint", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    unlocks_tier = table.Column<short>(type: "smallint", nullable: false),
                    grants_access = table.Column<short[]>(type: "smallint[]", nullable: false),
                    live_only = table.Column<bool>(type: "boolean", nullable: false),
                    live_days = table.Column<int>(type: "integer", nullable: true),
                    live_start = table.Column<LocalTime>(type: "time", nullable: true),
                    live_end = table.Column<LocalTime>(type: "time", nullable: true),
                    performer_id = table.Column<string>(type: "text", nullable: true),
                    times_triggered = table.Column<long>(type: "bigint", nullable: false),
                    last_triggered_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    deleted_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_spend_rules", x => new { x.venue_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "tier_history",
                schema: "rules",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    user_id = table.Column<string>(type: "text", nullable: false),
                    at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    from_tier = table.Column<short>(type: "smallint", nullable: false),
                    to_tier = table.Column<short>(type: "smallint", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: false),
                    unlock_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tier_history", x => new { x.venue_id, x.user_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "unlocks",
                schema: "rules",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    user_id = table.Column<string>(type: "text", nullable: false),
                    rule_id = table.Column<Guid>(type: "uuid", nullable: true),
                    tier = table.Column<short>(type: "smallint", nullable: false),
                    access = table.Column<short[]>(type: "smallint[]", nullable: false),
                    transaction_id = table.Column<Guid>(type: "uuid", nullable: true),
                    spend_minor = table.Column<long>(type: "bigint", nullable: true),
                    threshold_minor = table.Column<long>(type: "bigint", nullable: true),
                    currency = table.Column<string>(type: "text", nullable: true),
                    reason = table.Column<string>(type: "text", nullable: true),
                    unlocked_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    revoked_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    revoked_reason = table.Column<string>(type: "text", nullable: true),
                    seq = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_unlocks", x => new { x.venue_id, x.id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_feed_dead_letters_next_attempt_at",
                schema: "rules",
                table: "feed_dead_letters",
                column: "next_attempt_at");

            migrationBuilder.CreateIndex(
                name: "ix_live_sessions_id",
                schema: "rules",
                table: "live_sessions",
                column: "id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_live_sessions_venue_id_started_at",
                schema: "rules",
                table: "live_sessions",
                columns: new[] { "venue_id", "started_at" });

            migrationBuilder.CreateIndex(
                name: "ix_members_user_id",
                schema: "rules",
                table: "members",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_members_venue_id_tier_user_id",
                schema: "rules",
                table: "members",
                columns: new[] { "venue_id", "tier", "user_id" });

            migrationBuilder.CreateIndex(
                name: "ix_spend_rules_id",
                schema: "rules",
                table: "spend_rules",
                column: "id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_unlocks_venue_id_rule_id_user_id",
                schema: "rules",
                table: "unlocks",
                columns: new[] { "venue_id", "rule_id", "user_id" },
                unique: true,
                filter: "revoked_at is null and rule_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_unlocks_venue_id_seq",
                schema: "rules",
                table: "unlocks",
                columns: new[] { "venue_id", "seq" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_unlocks_venue_id_user_id",
                schema: "rules",
                table: "unlocks",
                columns: new[] { "venue_id", "user_id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "feed_dead_letters",
                schema: "rules");

            migrationBuilder.DropTable(
                name: "feed_heads",
                schema: "rules");

            migrationBuilder.DropTable(
                name: "feed_positions",
                schema: "rules");

            migrationBuilder.DropTable(
                name: "lifetime_spend",
                schema: "rules");

            migrationBuilder.DropTable(
                name: "live_sessions",
                schema: "rules");

            migrationBuilder.DropTable(
                name: "members",
                schema: "rules");

            migrationBuilder.DropTable(
                name: "spend_rules",
                schema: "rules");

            migrationBuilder.DropTable(
                name: "tier_history",
                schema: "rules");

            migrationBuilder.DropTable(
                name: "unlocks",
                schema: "rules");
        }
    }
}
