using GraphQL;
using Ingestion.Identities;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Ingestion.Claims;

/// <summary>The code of a receipt.</summary>
internal sealed record ClaimTransactionInput
{
    /// <summary>The code, as createClaimCode returned it. Case, spaces and hyphens do not matter.</summary>
    public required string Code { get; init; }
}

/// <summary>The result of claiming a transaction.</summary>
/// <param name="TransactionId">The transaction; null when there are errors.</param>
/// <param name="VenueId">Its venue; null when there are errors. viewer { memberships } shows what came of it.</param>
/// <param name="Errors">Why nothing was claimed; empty on success.</param>
internal sealed record ClaimTransactionPayload(Guid? TransactionId, [property: Id] string? VenueId, IReadOnlyList<UserError> Errors)
{
    public static ClaimTransactionPayload Failed(UserError error) => new(null, null, [error]);
}

/// <summary>Claims a transaction for the caller, with the code of its receipt. It links the card too when the code was created so. For
/// every signed-in user. The change is recorded in the venue's audit log. Errors: NOT_FOUND for a code that is wrong, used or expired, and
/// when the transaction was assigned by hand meanwhile; RATE_LIMIT_EXCEEDED after ten tries within an hour.</summary>
internal sealed class ClaimTransaction(NpgsqlDataSource database, TransactionAssigner assigner, IAuditLog auditLog, IClock clock)
{
    private const int MaxTries = 10;
    private static readonly Duration TryWindow = Duration.FromHours(1);

    private const string ForgetOldTriesSql = """
        delete from ingestion.claim_tries where user_id in (
          select user_id from ingestion.claim_tries where last_try_at <= $1 and user_id <> $2 limit 100 for update skip locked)
        """;

    // Returns nothing once the user has no try left. The row is locked, so that simultaneous tries are counted one by one.
    private static readonly string CountTrySql = $"""
        insert into ingestion.claim_tries as c (user_id, tries, last_try_at) values ($1, array[$2], $2)
        on conflict (user_id) do update set last_try_at = $2,
          tries = array(select t from unnest(c.tries) t where t > $3) || $2
        where (select count(*) from unnest(c.tries) t where t > $3) < {MaxTries}
        returning true
        """;

    private const string FindSql = """
        select venue_id from ingestion.claim_codes where code_hash = $1 and claimed_at is null and expires_at > $2
        """;

    // It runs under the lock of the venue's feed, so of simultaneous claims one is the first.
    private static readonly string ClaimSql = $"""
        update ingestion.claim_codes c set claimed_at = $2, claimed_by = $3
        from ingestion.transactions t
        where c.code_hash = $1 and c.claimed_at is null and c.expires_at > $2 and t.venue_id = c.venue_id and t.id = c.transaction_id
          and not t.is_forgotten and coalesce(t.matched_by, 0) not in ({MatchedBy.Hand:D}, {MatchedBy.Claim:D})
        returning t.id, t.user_id, c.include_past, c.link_card, t.provider, t.card_token, t.customer_token
        """;

    private const string IsLinkedSql = "select exists (select from ingestion.identity_links where venue_id = $1 and token = $2)";

    private static readonly UserError NoSuchCode = new(
        ErrorCode.NotFound,
        "This code does not exist, was used already or has expired. Check it against the receipt, or ask the venue for a new one.",
        "code"
    );

    private sealed record Claimed(Guid Id, string? BeforeUserId, bool IncludePast, IdentityToLink? Identity);

    /// <param name="input">The code.</param>
    public async Task<ClaimTransactionPayload> HandleAsync(
        ClaimTransactionInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var (caller, hash, now) = (context.Caller(), ClaimCode.HashOf(input.Code), clock.Now());
        if (!await CountTryAsync(caller.UserId, now, cancellationToken))
            return ClaimTransactionPayload.Failed(
                new UserError(
                    ErrorCode.RateLimitExceeded,
                    $"You have tried {MaxTries} codes within an hour. Try again in an hour, with the code as it is printed.",
                    "code"
                )
            );
        await using var find = database.CreateCommand(FindSql).AddValues(hash, now);
        if (await find.ExecuteScalarAsync(cancellationToken) is not string venueId)
            return ClaimTransactionPayload.Failed(NoSuchCode);

        Claimed? claimed = null;
        await assigner.AssignAsync(
            venueId,
            VersionCause.Claim,
            caller.UserId,
            async (connection, at) =>
            {
                claimed = await ClaimAsync(connection, venueId, hash, caller.UserId, at, cancellationToken);
                return claimed is null ? [] : await AssignmentsAsync(connection, claimed, caller.UserId, at, cancellationToken);
            },
            async (connection, count) =>
            {
                if (claimed is not null)
                    await auditLog.RecordAsync(
                        connection,
                        caller,
                        venueId,
                        "claimTransaction",
                        claimed.Id.ToString(),
                        $"{claimed.BeforeUserId ?? "nobody"} → {caller.UserId}, {count} transactions",
                        cancellationToken
                    );
            },
            cancellationToken
        );
        return claimed is null ? ClaimTransactionPayload.Failed(NoSuchCode) : new ClaimTransactionPayload(claimed.Id, venueId, []);
    }

    private async Task<bool> CountTryAsync(string userId, Instant now, CancellationToken cancellationToken)
    {
        var since = now - TryWindow;
        await using var batch = database
            .CreateBatch()
            .AddCommand(ForgetOldTriesSql, since, userId)
            .AddCommand(CountTrySql, userId, now, since);
        return await batch.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static async Task<Claimed?> ClaimAsync(
        NpgsqlConnection connection,
        string venueId,
        byte[] hash,
        string userId,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(ClaimSql, connection).AddValues(hash, now, userId);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            return null;
        var (provider, card, customer) = ((Provider)row.GetInt16(4), Text(5), Text(6));
        var identity =
            !row.GetBoolean(3) ? null
            : card is not null ? new IdentityToLink(venueId, IdentityKind.Card, card, provider)
            : customer is not null ? new IdentityToLink(venueId, IdentityKind.Customer, customer, provider)
            : null;
        return new Claimed(row.GetGuid(0), Text(1), row.GetBoolean(2), identity);

        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);
    }

    // Whoever finds a receipt must not take over a card, so one that is linked stays with its user.
    private static async Task<IReadOnlyList<Assignment>> AssignmentsAsync(
        NpgsqlConnection connection,
        Claimed claimed,
        string userId,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        var transaction = Assignment.OfTransaction(claimed.Id, userId, MatchedBy.Claim);
        if (claimed.Identity is not { } identity)
            return [transaction];
        await using (var command = new NpgsqlCommand(IsLinkedSql, connection).AddValues(identity.VenueId, identity.Token))
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
                return [transaction];
        await IdentityLinks.LinkAsync(connection, identity, userId, userId, now, claimed.IncludePast, cancellationToken);
        return claimed.IncludePast ? [transaction, Assignment.OfIdentity(identity.Kind, identity.Token, userId)] : [transaction];
    }
}
