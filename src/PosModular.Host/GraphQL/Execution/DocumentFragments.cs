using GraphQLParser.AST;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>The fragments of a document by their names. Validation reports a name that occurs twice.</summary>
internal sealed class DocumentFragments
{
    private readonly Dictionary<string, GraphQLFragmentDefinition> _fragments = new(StringComparer.Ordinal);

    public DocumentFragments(GraphQLDocument document)
    {
        foreach (var fragment in document.Definitions.OfType<GraphQLFragmentDefinition>())
            _fragments.TryAdd(fragment.FragmentName.Name.StringValue, fragment);
    }

    public GraphQLFragmentDefinition? Find(string name) => _fragments.GetValueOrDefault(name);
}
