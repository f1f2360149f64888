using Ingestion.Identities;
using Ingestion.Transactions;

namespace Ingestion.Ledger;

/// <summary>Which transactions to assign, and to whom. In both parts of the SQL, t is the transaction, $1 the venue and $2 the
/// key.</summary>
internal sealed record Assignment
{
    // A user who was merged into another one is the other one.
    private const string GivenUser = """
        cross join (
          select
            coalesce((select a.into_user_id from ingestion.member_aliases a where a.venue_id = $1 and a.user_id = $3), $3::text) as user_id,
            $4::smallint as matched_by) m
        """;

    private static readonly string Matches = string.Join(
        ' ',
        Enum.GetValues<IdentityKind>().Select(k => $"when {k:D} then {k.Matches():D}")
    );

    // The strongest identity that is linked. Kinds are numbered from the strongest to the weakest.
    private static readonly string OwnerOfIdentities = $"""
        left join lateral (
          select l.user_id, (case l.kind {Matches} end)::smallint as matched_by
          from ingestion.identity_links l
          where l.venue_id = $1 and l.token in (t.card_token, t.customer_token, t.email_token, t.phone_token)
            and (l.counts_from is null or t.occurred_at >= l.counts_from)
          order by l.kind limit 1) m on true
        """;

    /// <summary>A join that gives each transaction its new user and what matches it, as m.</summary>
    public required string MatchSql { get; init; }

    public required string Condition { get; init; }

    /// <summary>What else changes in the transaction, as SQL that begins with a comma; empty for nothing.</summary>
    public string AlsoSet { get; init; } = "";

    /// <summary>Whether this is no assignment but writes a version that stands for a change of a member.</summary>
    public bool IsMemberChange { get; init; }

    /// <summary>The identity's token or the transaction's id.</summary>
    public required string Key { get; init; }

    public string? UserId { get; init; }
    public MatchedBy? MatchedBy { get; init; }

    /// <summary>All transactions with this identity go to its owner, except those with a stronger match.</summary>
    public static Assignment OfIdentity(IdentityKind kind, string token, string userId) =>
        new()
        {
            MatchSql = GivenUser,
            Condition = $"""
                t.{kind.Column()} = $2 and coalesce(t.matched_by, 0) not in ({StrongerThan(kind)})
                and (t.user_id is distinct from m.user_id or t.matched_by is distinct from $4)
                {(kind == IdentityKind.Phone ? NotByEmail : "")}
                """,
            Key = token,
            UserId = userId,
            MatchedBy = kind.Matches(),
        };

    /// <summary>All transactions that an identity has matched, once it is linked no more, go to the owner of the strongest identity that
    /// is left, or to nobody.</summary>
    public static Assignment WithoutIdentity(IdentityKind kind, string token) =>
        new()
        {
            MatchSql = OwnerOfIdentities,
            Condition = $"""
                t.{kind.Column()} = $2 and t.matched_by = {kind.Matches():D}
                and (t.user_id is distinct from m.user_id or t.matched_by is distinct from m.matched_by)
                """,
            Key = token,
        };

    public static Assignment OfTransaction(Guid id, string? userId, MatchedBy matchedBy) =>
        new()
        {
            MatchSql = GivenUser,
            Condition = """
                t.id = $2::uuid and (t.user_id is distinct from m.user_id or t.matched_by is distinct from $4) and not t.is_forgotten
                """,
            Key = id.ToString(),
            UserId = userId,
            MatchedBy = matchedBy,
        };

    /// <summary>All transactions of a user go to another one and keep what matched them.</summary>
    public static Assignment OfUser(string fromUserId, string intoUserId) =>
        new()
        {
            MatchSql = "cross join lateral (select $3::text as user_id, t.matched_by) m",
            Condition = "t.user_id = $2",
            Key = fromUserId,
            UserId = intoUserId,
        };

    /// <summary>All transactions of a user go to nobody, for ever: they lose their identities.</summary>
    public static Assignment ToNobodyForEver(string userId) =>
        new()
        {
            MatchSql = "cross join (select null::text as user_id, null::smallint as matched_by) m",
            Condition = "t.user_id = $2",
            AlsoSet = """
                , is_forgotten = true, card_token = null, customer_token = null, customer_token_at = null, email_token = null,
                email_token_at = null, phone_token = null, phone_token_at = null
                """,
            Key = userId,
        };

    /// <summary>Tells the readers of the feed that a member was merged into another user, or is to be forgotten.</summary>
    public static Assignment OfMember(Guid memberId, string? intoUserId) =>
        new()
        {
            MatchSql = "",
            Condition = "",
            Key = memberId.ToString(),
            UserId = intoUserId,
            IsMemberChange = true,
        };

    // An e-mail address that is linked is believed more than a phone number, and matches by the same kind.
    private const string NotByEmail = """
        and not exists (select from ingestion.identity_links l where l.venue_id = $1 and l.token = t.email_token)
        """;

    private static string StrongerThan(IdentityKind kind) =>
        string.Join(
            ", ",
            new[]
            {
                Transactions.MatchedBy.Hand,
                Transactions.MatchedBy.Claim,
                Transactions.MatchedBy.Card,
                Transactions.MatchedBy.Customer,
                Transactions.MatchedBy.Contact,
            }
                .TakeWhile(m => m != kind.Matches())
                .Select(m => m.ToString("D"))
        );
}
