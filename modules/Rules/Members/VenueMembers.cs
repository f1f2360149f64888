using System.Globalization;
using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>The order of a list of members. Members of the same rank are ordered by their user ids.</summary>
internal enum MemberOrder
{
    /// <summary>The latest last transaction first; members without any come last.</summary>
    LastSeenFirst,

    /// <summary>The highest lifetime spend in the venue's currency first.</summary>
    SpendFirst,

    /// <summary>The latest first transaction first; members without any come last.</summary>
    NewestFirst,
}

/// <summary>The venue's members. Requires an owner of the venue. Errors: INVALID_INPUT for a bad cursor, page size or search, and when the
/// list takes longer than five seconds.</summary>
internal sealed class VenueMembers(IDbContextFactory<RulesDb> dbFactory, ICardHolders cardHolders)
{
    private static readonly Instant Never = Instant.FromUtc(1, 1, 1, 0, 0);

    /// <param name="tier">Returns only members of this tier; all when left out.</param>
    /// <param name="search">Returns only members whose user id begins with this text or, for four digits, who have also paid with a card
    /// that ends in them; 1 to 200 characters.</param>
    /// <param name="order">The order of the list.</param>
    /// <param name="first">How many to return, 1 to 200.</param>
    /// <param name="after">The endCursor of the previous page in the same order; left out for the first page.</param>
    public async Task<Connection<Member>> MembersAsync(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        Tier? tier = null,
        string? search = null,
        [DefaultAstValue("LAST_SEEN_FIRST")] MemberOrder? order = MemberOrder.LastSeenFirst,
        [DefaultAstValue("50")] int? first = 50,
        string? after = null
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        var (page, sorting) = (Page.Of(first, after), order ?? MemberOrder.LastSeenFirst);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = db.Members.AsNoTracking().Where(m => m.VenueId == venue.Id && (tier == null || m.Tier == tier));
        if (search is not null)
            rows = await SearchAsync(rows, venue, search.Trim(), cancellationToken);
        var ranked = Rank(db, rows, venue, sorting);
        if (after is not null)
        {
            var parts = Cursor.Decode(CursorKind(sorting), after, 2);
            var userId = parts[1];
            if (!long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var rank))
                throw ApiError.InvalidInput("after is not a cursor of this list. Pass endCursor exactly as you received it.");
            var seenAt = Instant.FromUnixTimeTicks(Math.Clamp(rank, Never.ToUnixTimeTicks(), Instant.MaxValue.ToUnixTimeTicks()));
            ranked =
                sorting == MemberOrder.SpendFirst
                    ? ranked.Where(r => r.Spend < rank || (r.Spend == rank && r.Member.UserId.CompareTo(userId) > 0))
                    : ranked.Where(r => r.SeenAt < seenAt || (r.SeenAt == seenAt && r.Member.UserId.CompareTo(userId) > 0));
        }
        var found = await db.BoundedAsync("Narrow the list by tier or search.", () =>
            ranked
                .OrderByDescending(r => r.Spend)
                .ThenByDescending(r => r.SeenAt)
                .ThenBy(r => r.Member.UserId)
                .Take(page.FetchCount)
                .ToListAsync(cancellationToken)
        );
        var cursors = found.ToDictionary(r => r.Member.UserId, r => CursorOf(sorting, r));
        return Connection.Of(page, found.ConvertAll(r => new Member(venue, r.Member)), m => cursors[m.UserId]);
    }

    private async Task<IQueryable<MemberRow>> SearchAsync(
        IQueryable<MemberRow> rows,
        IVenue venue,
        string text,
        CancellationToken cancellationToken
    )
    {
        if (text.Length is 0 or > 200 || text.Any(char.IsControl))
            throw ApiError.InvalidInput(
                "search must be the beginning of a user id or the last four digits of a card, 1 to 200 characters."
            );
        if (text.Length != 4 || !text.All(char.IsAsciiDigit))
            return rows.Where(m => m.UserId.StartsWith(text));
        var holders = await cardHolders.ListUserIdsAsync(venue.Id, text, cancellationToken);
        return rows.Where(m => m.UserId.StartsWith(text) || holders.Contains(m.UserId));
    }

    // The rank that does not apply is the same for all rows. The times of members change with every transaction, so they have no index;
    // PostgreSQL keeps the first rows of a page while it reads the venue's members once.
    private static IQueryable<RankedMember> Rank(RulesDb db, IQueryable<MemberRow> rows, IVenue venue, MemberOrder order)
    {
        var (venueId, currency, countsCaptured) = (venue.Id, venue.Currency, venue.RulesCountFrom == CountFrom.Captured);
        return order switch
        {
            MemberOrder.SpendFirst => rows.Select(m => new RankedMember
            {
                Member = m,
                SeenAt = Never,
                Spend = db.LifetimeSpend.Where(s => s.VenueId == venueId && s.UserId == m.UserId && s.Currency == currency)
                    .Select(s => (long?)(countsCaptured ? s.CapturedMinor : s.AuthorizedMinor))
                    .FirstOrDefault()
                    ?? 0,
            }),
            MemberOrder.NewestFirst => rows.Select(m => new RankedMember
            {
                Member = m,
                SeenAt = m.FirstSeenAt ?? Never,
                Spend = 0,
            }),
            _ => rows.Select(m => new RankedMember
            {
                Member = m,
                SeenAt = m.LastSeenAt ?? Never,
                Spend = 0,
            }),
        };
    }

    private static string CursorOf(MemberOrder order, RankedMember ranked) =>
        Cursor.Encode(
            CursorKind(order),
            (order == MemberOrder.SpendFirst ? ranked.Spend : ranked.SeenAt.ToUnixTimeTicks()).ToString(CultureInfo.InvariantCulture),
            ranked.Member.UserId
        );

    private static string CursorKind(MemberOrder order) =>
        order switch
        {
            MemberOrder.SpendFirst => "member-spend",
            MemberOrder.NewestFirst => "member-newest",
            _ => "member-seen",
        };

    private sealed class RankedMember
    {
        public required MemberRow Member { get; init; }
        public required Instant SeenAt { get; init; }
        public required long Spend { get; init; }
    }
}
