using Ingestion.Contracts;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using PosModular.Kernel.Data;

namespace Ingestion.Members;

/// <summary>Joins user ids. In the feed the change of the member comes before its transactions, so that its unlocks are the other member's
/// already when the spend moves.</summary>
internal sealed class GuestMerges(TransactionAssigner assigner, IAuditLog auditLog, IDbContextFactory<IngestionDb> dbFactory) : IGuestMerges
{
    private const string ResolveSql = """
        select coalesce((select into_user_id from ingestion.member_aliases where venue_id = $1 and user_id = $2), $2),
          coalesce((select into_user_id from ingestion.member_aliases where venue_id = $1 and user_id = $3), $3)
        """;

    private const string MoveAliasesSql = "update ingestion.member_aliases set into_user_id = $3 where venue_id = $1 and into_user_id = $2";

    private const string AddAliasSql = "insert into ingestion.member_aliases (venue_id, user_id, into_user_id) values ($1, $2, $3)";

    private const string MoveLinksSql = "update ingestion.identity_links set user_id = $3 where venue_id = $1 and user_id = $2";

    public async Task<(long Seq, string UserId)> MergeAsync(
        string venueId,
        string fromUserId,
        string intoUserId,
        Caller caller,
        CancellationToken cancellationToken
    )
    {
        var (from, into) = (fromUserId, intoUserId);
        var (_, seq) = await assigner.AssignAsync(
            venueId,
            VersionCause.Merge,
            caller.UserId,
            async (connection, _) =>
            {
                (from, into) = await ResolveAsync(connection, venueId, fromUserId, intoUserId, cancellationToken);
                if (from == into)
                    return [];
                await using var batch = new NpgsqlBatch(connection)
                    .AddCommand(MoveAliasesSql, venueId, from, into)
                    .AddCommand(AddAliasSql, venueId, from, into)
                    .AddCommand(MoveLinksSql, venueId, from, into);
                await batch.ExecuteNonQueryAsync(cancellationToken);
                return [Assignment.OfMember(MemberIds.Of(venueId, from), into), Assignment.OfUser(from, into)];
            },
            (connection, count) =>
                from == into
                    ? Task.CompletedTask
                    : auditLog.RecordAsync(
                        connection,
                        caller,
                        venueId,
                        "mergeMembers",
                        MemberIds.Of(venueId, into).ToString(),
                        $"{from} → {into}, {count - 1} transactions",
                        cancellationToken
                    ),
            cancellationToken
        );
        return (seq, into);
    }

    public async Task<IReadOnlyList<MergedUser>> ListAsync(IReadOnlyCollection<string> userIds, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .MemberAliases.AsNoTracking()
            .Where(a => userIds.Contains(a.UserId))
            .Select(a => new MergedUser(a.VenueId, a.UserId, a.IntoUserId))
            .ToListAsync(cancellationToken);
    }

    private static async Task<(string From, string Into)> ResolveAsync(
        NpgsqlConnection connection,
        string venueId,
        string from,
        string into,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(ResolveSql, connection).AddValues(venueId, from, into);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetString(0), row.GetString(1));
    }
}
