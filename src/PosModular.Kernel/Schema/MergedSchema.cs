using GraphQL;
using GraphQL.Types;
using GraphQL.Utilities;

namespace PosModular.Kernel.Schema;

/// <summary>The one schema, put together from the slices of all modules; fields stand in the order of their names.</summary>
internal sealed class MergedSchema : GraphQL.Types.Schema
{
    public MergedSchema(IServiceProvider services, SchemaSlices slices, IEnumerable<GraphQL.DI.IConfigureSchema> configurations)
        : base(services, configurations)
    {
        Description = "What was sold, who bought it and what that unlocks.";
        Features.RepeatableDirectives = true;
        Features.DeprecationOfInputValues = true;
        this.RegisterVisitor(new IncludeDeprecatedVisitor());
        Query = BuildRootType("Query", "Reading.", slices)!;
        Mutation = BuildRootType("Mutation", "Writing. Expected errors are data: the payload's errors.", slices);
        Subscription = BuildRootType("Subscription", "Live, over graphql-transport-ws or text/event-stream.", slices);
    }

    private static ObjectGraphType? BuildRootType(string name, string description, SchemaSlices slices)
    {
        var root = new ObjectGraphType { Name = name, Description = description };
        foreach (var slice in slices.SlicesOf(name))
            AddFields(root, slice);
        return root.Fields.Count == 0 ? null : root;
    }

    internal static void AddFields(IComplexGraphType type, Type slice)
    {
        var read = (IComplexGraphType)Activator.CreateInstance(typeof(SliceFields<>).MakeGenericType(slice))!;
        foreach (var field in read.Fields)
            type.AddField(field);
    }

    /// <summary>The schema as a client may generate its types from, the same text on every machine.</summary>
    public static string Print(ISchema schema)
    {
        schema.Initialize();
        return schema.Print(new PrintOptions { IncludeDescriptions = true, StringComparison = StringComparison.Ordinal }).TrimEnd() + "\n";
    }
}
