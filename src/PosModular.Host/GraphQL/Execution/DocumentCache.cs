using System.Diagnostics.CodeAnalysis;
using GraphQLParser.AST;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Caches the most recently used documents, bounded by number and by characters, so that clients that write values into the query text
/// cannot exhaust the memory. The least recently used document is removed first.
/// </summary>
internal sealed class DocumentCache
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Query, GraphQLDocument Document)>> _byText = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Query, GraphQLDocument Document)> _byLastUse = new();
    private int _characters;

    public GraphQLDocument? Find(string query)
    {
        lock (_lock)
        {
            if (!_byText.TryGetValue(query, out var node))
                return null;
            if (node != _byLastUse.First)
            {
                _byLastUse.Remove(node);
                _byLastUse.AddFirst(node);
            }

            return node.Value.Document;
        }
    }

    [SuppressMessage("Performance", "CA1864", Justification = "The node is created only when it is added.")]
    public void Add(string query, GraphQLDocument document)
    {
        lock (_lock)
        {
            if (_byText.ContainsKey(query))
                return;
            _byText.Add(query, _byLastUse.AddFirst((query, document)));
            _characters += query.Length;

            while (_byText.Count > Limits.MaxCachedDocuments || _characters > Limits.MaxCachedCharacters)
            {
                var oldest = _byLastUse.Last!.Value.Query;
                _byLastUse.RemoveLast();
                _byText.Remove(oldest);
                _characters -= oldest.Length;
            }
        }
    }
}
