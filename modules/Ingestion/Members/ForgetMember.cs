using GraphQL;
using Ingestion.Cards;
using Ingestion.Contracts;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Integrations.Contracts.Webhooks;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;

namespace Ingestion.Members;

/// <summary>The member to forget.</summary>
internal sealed record ForgetMemberInput
{
    /// <summary>The venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The user's id: the sub claim of their token.</summary>
    [Id]
    public required string UserId { get; init; }
}

/// <summary>The result of forgetting a member.</summary>
/// <param name="TransactionsReleased">How many transactions belonged to the member and belong to nobody now.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record ForgetMemberPayload(long TransactionsReleased, IReadOnlyList<UserError> Errors);

/// <summary>Forgets a member: the venue keeps its transactions, and nothing ties them to this person any more, no later sync, replay or
/// link either. Identities, spend, unlocks, tier history, the raw webhook events of the transactions and the deliveries about the member
/// are gone, and so is the user's id in the history and in the audit log, which says that a member was forgotten and by whom. It cannot be
/// undone. Payments that the person makes later are those of a new guest. For owners of the venue and HEAD_MODERATOR. Errors:
/// INVALID_INPUT.</summary>
internal sealed class ForgetMember(
    NpgsqlDataSource database,
    TransactionAssigner assigner,
    IVenues venues,
    IAuditLog auditLog,
    IOutgoingWebhooks outgoingWebhooks
)
{
    // The ids that are this person, whichever of them is named.
    private const string ListIdsSql = """
        with person as (
          select coalesce((select into_user_id from ingestion.member_aliases where venue_id = $1 and user_id = $2), $2) as user_id)
        select user_id from person union
        select a.user_id from ingestion.member_aliases a join person p on a.into_user_id = p.user_id where a.venue_id = $1
        """;

    // Found before the feed is locked, because it reads the venue's whole history.
    private const string FindVersionsSql = """
        select coalesce(array_agg(seq), '{}'), (select coalesce(max(seq), 0) from ingestion.feed_heads where venue_id = $1)
        from ingestion.transaction_versions
        where venue_id = $1 and (user_id = any($2) or cause_id = any($2))
        """;

    private static readonly string EraseHistorySql = $"""
        update ingestion.transaction_versions set user_id = case when user_id = any($2) then null else user_id end,
          cause_id = case when cause = {VersionCause.Claim:D} and cause_id = any($2) then null else cause_id end
        where venue_id = $1 and (seq = any($3) or seq > $4) and (user_id = any($2) or cause_id = any($2))
        """;

    private static readonly string EraseEventsSql = $"""
        delete from ingestion.webhook_events e using (
          select distinct t.connection_id, v.cause_id from ingestion.transactions t
          join ingestion.transaction_versions v on v.transaction_id = t.id and v.venue_id = t.venue_id
          where t.venue_id = $1 and t.user_id = any($2) and v.cause in ({VersionCause.Webhook:D}, {VersionCause.Recovery:D})) c
        where e.venue_id = $1 and e.connection_id = c.connection_id and e.event_id = c.cause_id
        """;

    private const string EraseLinksSql = "delete from ingestion.identity_links where venue_id = $1 and user_id = any($2)";

    private const string EraseLinkersSql =
        "update ingestion.identity_links set linked_by = null where venue_id = $1 and linked_by = any($2)";

    private const string EraseClaimsSql = "update ingestion.claim_codes set claimed_by = null where venue_id = $1 and claimed_by = any($2)";

    private const string EraseTriesSql = "delete from ingestion.claim_tries where user_id = any($1)";

    private const string EraseAliasesSql = "delete from ingestion.member_aliases where venue_id = $1 and user_id = any($2)";

    /// <param name="input">The member.</param>
    public async Task<ForgetMemberPayload> HandleAsync(
        ForgetMemberInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        var userId = input.UserId.Trim();
        if (CardInputValidator.CheckUserId(userId) is { } wrong)
            return new ForgetMemberPayload(0, [wrong]);
        var (versions, head) = await FindVersionsAsync(venue.Id, userId, cancellationToken);

        string[] ids = [];
        var (count, _) = await assigner.AssignAsync(
            venue.Id,
            VersionCause.Erasure,
            caller.UserId,
            async (connection, _) =>
            {
                ids = await ListIdsAsync(connection, venue.Id, userId, cancellationToken);
                await using var batch = new NpgsqlBatch(connection)
                    .AddCommand(EraseEventsSql, venue.Id, ids)
                    .AddCommand(EraseHistorySql, venue.Id, ids, versions, head)
                    .AddCommand(EraseLinksSql, venue.Id, ids)
                    .AddCommand(EraseLinkersSql, venue.Id, ids)
                    .AddCommand(EraseClaimsSql, venue.Id, ids)
                    .AddCommand(EraseTriesSql, [ids])
                    .AddCommand(EraseAliasesSql, venue.Id, ids);
                await batch.ExecuteNonQueryAsync(cancellationToken);
                return
                [
                    .. ids.Select(id => Assignment.OfMember(MemberIds.Of(venue.Id, id), null)),
                    .. ids.Select(Assignment.ToNobodyForEver),
                ];
            },
            async (connection, moved) =>
            {
                foreach (var id in ids)
                {
                    await auditLog.ForgetAsync(connection, venue.Id, id, cancellationToken);
                    await outgoingWebhooks.ForgetAsync(connection, venue.Id, id, cancellationToken);
                }
                await auditLog.RecordAsync(
                    connection,
                    caller,
                    venue.Id,
                    "forgetMember",
                    MemberIds.Of(venue.Id, ids[0]).ToString(),
                    $"{moved - ids.Length} transactions",
                    cancellationToken
                );
            },
            cancellationToken
        );
        return new ForgetMemberPayload(count - ids.Length, []);
    }

    private async Task<(long[] Versions, long Head)> FindVersionsAsync(string venueId, string userId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var ids = await ListIdsAsync(connection, venueId, userId, cancellationToken);
        await using var command = new NpgsqlCommand(FindVersionsSql, connection).AddValues(venueId, ids);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetFieldValue<long[]>(0), row.GetInt64(1));
    }

    private static async Task<string[]> ListIdsAsync(
        NpgsqlConnection connection,
        string venueId,
        string userId,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(ListIdsSql, connection).AddValues(venueId, userId);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<string>();
        while (await row.ReadAsync(cancellationToken))
            ids.Add(row.GetString(0));
        return [.. ids];
    }
}
