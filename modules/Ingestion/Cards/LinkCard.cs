using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts;
using NodaTime;
using Npgsql;
using PosModular.Kernel;
using PosModular.Kernel.Feed;

namespace Ingestion.Cards;

/// <summary>A card and the user it belongs to at a venue.</summary>
internal sealed record LinkCardInput
{
    /// <summary>Which venue.</summary>
    [Id] public required string VenueId { get; init; }

    /// <summary>The sub claim of the user's token.</summary>
    [Id] public required string UserId { get; init; }

    /// <summary>Transaction.card.token.</summary>
    public required string CardToken { get; init; }

    /// <summary>Whether earlier sales with this card count too.</summary>
    [DefaultAstValue("true")] public bool? IncludePast { get; init; }
}

/// <summary>What linking did, or what was wrong.</summary>
/// <param name="MatchedTransactions">Earlier sales that now belong to the user.</param>
/// <param name="Errors">Empty when it went well.</param>
internal sealed record LinkCardPayload(int MatchedTransactions, IReadOnlyList<UserError> Errors)
{
    public static LinkCardPayload Failed(UserError error) => new(0, [error]);
}

/// <summary>Ties a card to a user: later sales with it are his and, with includePast, the earlier ones nobody was tied to by hand. Owner or
/// HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT.</summary>
internal sealed class LinkCard(NpgsqlDataSource database, IVenues venues, FeedBell bell, IClock clock)
{
    private const string OpenHead = "insert into ingestion.feed_heads (venue_id, seq) values ($1, 0) on conflict do nothing";

    private const string LockHead = "select seq from ingestion.feed_heads where venue_id = $1 for update";

    private const string Link = """
        insert into ingestion.card_links (venue_id, card_token, user_id, linked_at, counts_from) values ($1, $2, $3, $4, case when $5 then null else $4 end)
        on conflict (venue_id, card_token) do update set user_id = excluded.user_id, linked_at = excluded.linked_at, counts_from = excluded.counts_from
        """;

    // The feed gets the sales in the order of their times; what was tied by hand (matched_by 2) stays.
    private const string MovePast = """
        with past as (
          select id, last_seq, $4::bigint + row_number() over (order by occurred_at, id) as seq
          from ingestion.transactions
          where venue_id = $1 and card_token = $2 and user_id is distinct from $3 and matched_by is distinct from 2),
        moved as (
          update ingestion.transactions t set user_id = $3, matched_by = 1, last_seq = p.seq from past p
          where t.venue_id = $1 and t.id = p.id
          returning t.*, p.last_seq as previous_seq)
        insert into ingestion.transaction_versions (venue_id, seq, transaction_id, previous_seq, applied, added, recorded_at, cause, cause_id,
          provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at)
        select venue_id, last_seq, id, previous_seq, true, false, $5, 4, null,
          provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at
        from moved
        """;

    private const string MoveHead = "update ingestion.feed_heads set seq = seq + $2 where venue_id = $1";

    /// <param name="input">The card and its user.</param>
    public async Task<LinkCardPayload> Handle(LinkCardInput input, IResolveFieldContext context, CancellationToken ct)
    {
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, context.Caller(), ct);
        if (input.UserId.Trim().Length is 0 or > 200 || input.UserId.Any(char.IsControl))
            return LinkCardPayload.Failed(UserError.Invalid("A user id is the sub claim of the user's token, 1 to 200 characters.", "userId"));
        if (input.CardToken.Length is 0 or > 100 || input.CardToken.Any(char.IsControl))
            return LinkCardPayload.Failed(UserError.Invalid("Pass the token of a sale's card: transactions { nodes { card { token } } }.", "cardToken"));

        var now = clock.Now();
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Run(OpenHead, venue.Id);
        var head = await Ask(LockHead, venue.Id);
        var includePast = input.IncludePast ?? true;
        await Run(Link, venue.Id, input.CardToken, input.UserId, now, includePast);
        var moved = includePast ? await Run(MovePast, venue.Id, input.CardToken, input.UserId, head, now) : 0;
        await Run(MoveHead, venue.Id, (long)moved);
        await transaction.CommitAsync(ct);
        bell.Ring(TransactionsChanged.Feed, [venue.Id]);
        return new LinkCardPayload(moved, []);

        async Task<int> Run(string sql, params object[] values)
        {
            await using var command = Command(sql, values);
            return await command.ExecuteNonQueryAsync(ct);
        }

        async Task<long> Ask(string sql, params object[] values)
        {
            await using var command = Command(sql, values);
            return (long)(await command.ExecuteScalarAsync(ct))!;
        }

        NpgsqlCommand Command(string sql, object[] values)
        {
            var command = new NpgsqlCommand(sql, connection);
            foreach (var value in values)
                command.Parameters.Add(new() { Value = value });
            return command;
        }
    }
}
