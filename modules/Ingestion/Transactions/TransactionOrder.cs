using System.Globalization;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Paging;

namespace Ingestion.Transactions;

/// <summary>The order of a list of transactions. Transactions of the same time or total are ordered by their ids.</summary>
internal enum TransactionOrder
{
    /// <summary>Newest payment first.</summary>
    NewestFirst,

    /// <summary>Oldest payment first.</summary>
    OldestFirst,

    /// <summary>Largest total first, in minor units and whatever the currency.</summary>
    LargestFirst,
}

/// <summary>Keyset pages. A page costs the same wherever it lies, and rows that arrive meanwhile neither repeat nor hide others.</summary>
internal static class TransactionPaging
{
    public static string CursorOf(this TransactionOrder order, TransactionRow row) =>
        order == TransactionOrder.LargestFirst
            ? Cursor.Encode(CursorKind(order), row.TotalMinor.ToString(CultureInfo.InvariantCulture), row.Id.ToString("N"))
            : Cursor.EncodeTime(CursorKind(order), row.OccurredAt, row.Id);

    /// <summary>The rows after a cursor, in order. Throws INVALID_INPUT for a cursor of another list or order.</summary>
    public static IQueryable<TransactionRow> Sorted(this IQueryable<TransactionRow> rows, TransactionOrder order, string? after)
    {
        if (order == TransactionOrder.LargestFirst)
        {
            if (after is not null)
            {
                var parts = Cursor.Decode(CursorKind(order), after, 2);
                if (
                    !long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var total)
                    || !Guid.TryParseExact(parts[1], "N", out var last)
                )
                    throw ApiError.InvalidInput("after is not a cursor of this list. Pass endCursor exactly as you got it.");
                rows = rows.Where(t => EF.Functions.LessThan(ValueTuple.Create(t.TotalMinor, t.Id), ValueTuple.Create(total, last)));
            }
            return rows.OrderByDescending(t => t.TotalMinor).ThenByDescending(t => t.Id);
        }
        if (after is not null)
        {
            var (at, id) = DecodeTime(order, after);
            rows =
                order == TransactionOrder.NewestFirst
                    ? rows.Where(t => EF.Functions.LessThan(ValueTuple.Create(t.OccurredAt, t.Id), ValueTuple.Create(at, id)))
                    : rows.Where(t => EF.Functions.GreaterThan(ValueTuple.Create(t.OccurredAt, t.Id), ValueTuple.Create(at, id)));
        }
        return order == TransactionOrder.NewestFirst
            ? rows.OrderByDescending(t => t.OccurredAt).ThenByDescending(t => t.Id)
            : rows.OrderBy(t => t.OccurredAt).ThenBy(t => t.Id);
    }

    /// <summary>The last row's time and id from a cursor of a list by time. Throws INVALID_INPUT for another cursor.</summary>
    public static (Instant At, Guid Id) DecodeTime(TransactionOrder order, string after) => Cursor.DecodeTime(CursorKind(order), after);

    private static string CursorKind(TransactionOrder order) =>
        order switch
        {
            TransactionOrder.NewestFirst => "newest",
            TransactionOrder.OldestFirst => "oldest",
            _ => "largest",
        };
}
