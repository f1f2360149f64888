namespace PosModular.Kernel.Paging;

/// <summary>One page of a list, as the Relay Cursor Connections specification defines it.</summary>
public class Connection<T>(IReadOnlyList<Edge<T>> edges, PageInfo pageInfo)
    where T : class
{
    /// <summary>The items of this page with their cursors.</summary>
    public IReadOnlyList<Edge<T>> Edges { get; } = edges;

    /// <summary>The items of this page without their cursors.</summary>
    public IEnumerable<T> Nodes => Edges.Select(e => e.Node);

    /// <summary>The position of this page in the list.</summary>
    public PageInfo PageInfo { get; } = pageInfo;
}

/// <summary>An item and its position in the list.</summary>
public sealed class Edge<T>(T node, Func<T, string> cursor)
    where T : class
{
    /// <summary>Opaque position of the item. Pass it as after to get the items that follow it.</summary>
    public string Cursor => cursor(node);

    /// <summary>The item.</summary>
    public T Node => node;
}

/// <summary>The position of a page in its list.</summary>
/// <param name="HasNextPage">Whether more items follow this page.</param>
/// <param name="HasPreviousPage">Whether this page was requested with after, so that items may precede it.</param>
/// <param name="StartCursor">The cursor of the first item; null on an empty page.</param>
/// <param name="EndCursor">The cursor of the last item; null on an empty page. Pass it as after to get the next page.</param>
public sealed record PageInfo(bool HasNextPage, bool HasPreviousPage, string? StartCursor, string? EndCursor);

public static class Connection
{
    /// <summary>Builds the page from <see cref="Page.FetchCount"/> rows: the one too many only tells that a next page exists.</summary>
    public static Connection<T> Of<T>(Page page, IReadOnlyList<T> fetched, Func<T, string> cursor)
        where T : class
    {
        var (edges, info) = BuildPage(page, fetched, cursor);
        return new(edges, info);
    }

    public static (IReadOnlyList<Edge<T>> Edges, PageInfo Info) BuildPage<T>(Page page, IReadOnlyList<T> fetched, Func<T, string> cursor)
        where T : class
    {
        var edges = fetched.Take(page.First).Select(item => new Edge<T>(item, cursor)).ToArray();
        return (
            edges,
            new PageInfo(fetched.Count > page.First, page.After is not null, edges.FirstOrDefault()?.Cursor, edges.LastOrDefault()?.Cursor)
        );
    }
}
