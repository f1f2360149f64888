using GraphQL.Types;
using GraphQL.Utilities;

namespace PosModular.Kernel.Schema;

/// <summary>
/// Gives <c>__Directive.args</c> the argument <c>includeDeprecated</c> that the specification asks for (GraphQL draft,
/// Schema Introspection) and GraphQL.NET 8 leaves out. A client that finds <c>__InputValue.isDeprecated</c> uses it, and
/// would otherwise get no schema at all. No argument of ours is deprecated, so there is nothing to leave out.
/// </summary>
internal sealed class IncludeDeprecatedVisitor : BaseSchemaNodeVisitor
{
    public override void VisitObjectFieldDefinition(FieldType field, IObjectGraphType type, ISchema schema)
    {
        const string ArgumentName = "includeDeprecated";
        if (type.Name != "__Directive" || field.Name != "args" || field.Arguments?.Find(ArgumentName) is not null)
            return;
        field.Arguments ??= new QueryArguments();
        field.Arguments.Add(new QueryArgument(schema.AllTypes["Boolean"]!) { Name = ArgumentName, DefaultValue = false });
    }
}
