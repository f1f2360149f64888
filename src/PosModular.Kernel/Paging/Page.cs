using PosModular.Kernel.Errors;

namespace PosModular.Kernel.Paging;

/// <summary>The validated paging arguments of a list.</summary>
/// <param name="First">Number of items, from 1 to 200.</param>
/// <param name="After">The opaque cursor of the item before the page, not yet decoded; null for the first page.</param>
public sealed record Page(int First, string? After)
{
    public const int MaxSize = 200;

    /// <summary>Throws INVALID_INPUT when first is below 1 or over 200.</summary>
    public static Page Of(int? first, string? after, int defaultSize = 50) =>
        (first ?? defaultSize) is >= 1 and <= MaxSize and var count
            ? new Page(count, after)
            : throw ApiError.InvalidInput(
                $"first must be from 1 to {MaxSize}, it was {first}. Ask for more with after: pageInfo.endCursor."
            );

    /// <summary>One row more than requested, to tell whether there is a next page.</summary>
    public int FetchCount => First + 1;
}
