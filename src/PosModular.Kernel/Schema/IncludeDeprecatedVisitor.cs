using GraphQL.Types;
using GraphQL.Utilities;

namespace PosModular.Kernel.Schema;

/// <summary>
/// Adds the argument <c>includeDeprecated</c> to <c>__Directive.args</c>. The specification requires it (GraphQL draft, Schema
/// Introspection) but GraphQL.NET 8 lacks it, and clients that find <c>__InputValue.isDeprecated</c> rely on it in their
/// introspection query. The argument has no effect, because no argument of a directive is deprecated.
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
