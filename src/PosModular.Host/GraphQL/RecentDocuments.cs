using System.Diagnostics.CodeAnalysis;
using GraphQLParser.AST;

namespace PosModular.Host.GraphQL;

/// <summary>
/// The documents used last, bounded by number and by characters, so that clients which write values into the query text
/// cannot fill the memory. The least recently used one leaves first.
/// </summary>
internal sealed class RecentDocuments
{
    private readonly Lock turn = new();
    private readonly Dictionary<string, LinkedListNode<(string Query, GraphQLDocument Document)>> byText = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Query, GraphQLDocument Document)> byUse = new();
    private int characters;

    public GraphQLDocument? Find(string query)
    {
        lock (turn)
        {
            if (!byText.TryGetValue(query, out var node))
                return null;
            if (node != byUse.First)
            {
                byUse.Remove(node);
                byUse.AddFirst(node);
            }

            return node.Value.Document;
        }
    }

    [SuppressMessage("Performance", "CA1864", Justification = "The node is made only when it is added.")]
    public void Keep(string query, GraphQLDocument document)
    {
        lock (turn)
        {
            if (byText.ContainsKey(query))
                return;
            byText.Add(query, byUse.AddFirst((query, document)));
            characters += query.Length;

            while (byText.Count > Limits.KeptDocuments || characters > Limits.KeptCharacters)
            {
                var oldest = byUse.Last!.Value.Query;
                byUse.RemoveLast();
                byText.Remove(oldest);
                characters -= oldest.Length;
            }
        }
    }
}
