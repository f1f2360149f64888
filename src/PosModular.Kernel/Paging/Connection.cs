namespace PosModular.Kernel.Paging;

/// <summary>One page of a list (Relay Cursor Connections).</summary>
public class Connection<T>(IReadOnlyList<Edge<T>> edges, PageInfo pageInfo)
    where T : class
{
    /// <summary>The items with their cursors.</summary>
    public IReadOnlyList<Edge<T>> Edges { get; } = edges;

    /// <summary>The items alone.</summary>
    public IEnumerable<T> Nodes => Edges.Select(e => e.Node);

    /// <summary>Where this page stands in the list.</summary>
    public PageInfo PageInfo { get; } = pageInfo;
}

/// <summary>An item and its place in the list.</summary>
/// <param name="Cursor">Pass it as after to get what follows.</param>
/// <param name="Node">The item.</param>
public sealed record Edge<T>(string Cursor, T Node)
    where T : class;

/// <summary>Where a page stands in its list.</summary>
/// <param name="HasNextPage">Whether more follows.</param>
/// <param name="HasPreviousPage">Whether the page was asked for with after.</param>
/// <param name="StartCursor">Of the first item; null on an empty page.</param>
/// <param name="EndCursor">Of the last item; pass it as after to get the next page. Null on an empty page.</param>
public sealed record PageInfo(bool HasNextPage, bool HasPreviousPage, string? StartCursor, string? EndCursor);

public static class Connection
{
    /// <summary>Cuts the probe row off and puts the page together.</summary>
    public static Connection<T> Of<T>(Page page, IReadOnlyList<T> fetched, Func<T, string> cursor)
        where T : class
    {
        var (edges, info) = BuildPage(page, fetched, cursor);
        return new(edges, info);
    }

    public static (IReadOnlyList<Edge<T>> Edges, PageInfo Info) BuildPage<T>(Page page, IReadOnlyList<T> fetched, Func<T, string> cursor)
        where T : class
    {
        var edges = fetched.Take(page.First).Select(item => new Edge<T>(cursor(item), item)).ToArray();
        return (
            edges,
            new PageInfo(fetched.Count > page.First, page.After is not null, edges.FirstOrDefault()?.Cursor, edges.LastOrDefault()?.Cursor)
        );
    }
}
