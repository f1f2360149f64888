using System.Security.Claims;

namespace PosModular.Kernel.Schema;

/// <summary>Finds the objects of one type for <see cref="GetNode"/>.</summary>
public interface INodeSource
{
    /// <summary>Finds those of these ids that exist and that the user may see, with one query for all of them.</summary>
    Task<IReadOnlyDictionary<string, INode>> FindAsync(
        IReadOnlyCollection<string> ids,
        ClaimsPrincipal? user,
        CancellationToken cancellationToken
    );
}

public static class NodeIds
{
    /// <summary>The ids that are UUIDs in the form in which the schema prints them.</summary>
    public static IReadOnlyDictionary<string, Guid> ParseGuids(IEnumerable<string> ids) =>
        ids.Select(id => (Text: id, IsGuid: Guid.TryParseExact(id, "D", out var guid), Guid: guid))
            .Where(id => id.IsGuid)
            .ToDictionary(id => id.Text, id => id.Guid);

    /// <summary>Gives the objects that were found the ids under which they were asked for.</summary>
    public static IReadOnlyDictionary<string, INode> Match<T>(
        this IReadOnlyDictionary<string, Guid> ids,
        IEnumerable<T> found,
        Func<T, Guid> idOf
    )
        where T : INode
    {
        var byGuid = found.ToDictionary(idOf);
        return ids.Where(id => byGuid.ContainsKey(id.Value)).ToDictionary(id => id.Key, id => (INode)byGuid[id.Value]);
    }
}
