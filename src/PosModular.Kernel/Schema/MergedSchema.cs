using GraphQL;
using GraphQL.Types;
using GraphQL.Utilities;

namespace PosModular.Kernel.Schema;

/// <summary>The one schema, merged from the slices of all modules. Fields are sorted by name.</summary>
internal sealed class MergedSchema : GraphQL.Types.Schema
{
    public MergedSchema(IServiceProvider services, SchemaSlices slices, IEnumerable<GraphQL.DI.IConfigureSchema> configurations)
        : base(services, configurations)
    {
        Description =
            "The transactions of venues that sell through Square or Toast, the guests who made them, and what their spend unlocks.";
        Features.RepeatableDirectives = true;
        Features.DeprecationOfInputValues = true;
        RegisterType(new IdScalar());
        RegisterType(new TextScalar());
        Directives.Register(new SpecifiedByDirective());
        this.RegisterVisitor(new IncludeDeprecatedVisitor());
        this.RegisterVisitor(new SpecifiedByVisitor());
        Query = BuildRootType("Query", "Reads data. Nothing here changes anything.", slices)!;
        Mutation = BuildRootType("Mutation", "Changes data. Expected errors are returned in the errors of the payload.", slices);
        Subscription = BuildRootType("Subscription", "Streams events over graphql-transport-ws or text/event-stream.", slices);
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

    /// <summary>Prints the schema as SDL. The text is the same on every machine.</summary>
    public static string Print(ISchema schema)
    {
        schema.Initialize();
        var sdl = schema.Print(new PrintOptions { IncludeDescriptions = true, StringComparison = StringComparison.Ordinal });
        return SpecifiedByVisitor.AddTo(sdl).TrimEnd() + "\n";
    }
}
