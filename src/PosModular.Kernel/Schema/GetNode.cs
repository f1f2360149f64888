using GraphQL;
using GraphQL.DataLoader;
using PosModular.Kernel.Batching;

namespace PosModular.Kernel.Schema;

/// <summary>Something by its id; null when there is no such thing or you may not see it. A venue whose id the application chose hides
/// another thing of the same id from those who may see both.</summary>
internal sealed class GetNode(IEnumerable<INodeSource> sources)
{
    /// <param name="id">The id.</param>
    public IDataLoaderResult<INode?> Node([Id] string id, IResolveFieldContext context) =>
        BatchLoaders.Load<string, INode?>(
            context,
            typeof(GetNode),
            id,
            async (ids, cancellationToken) =>
            {
                var found = new Dictionary<string, INode?>();
                // The modules are asked in the order in which they were registered.
                foreach (var source in sources)
                {
                    var missing = ids.Where(i => !found.ContainsKey(i)).ToArray();
                    if (missing.Length == 0)
                        break;
                    foreach (var (key, node) in await source.FindAsync(missing, context.User, cancellationToken))
                        found[key] = node;
                }
                return found;
            },
            null
        );
}
