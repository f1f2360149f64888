using System.Text.RegularExpressions;
using GraphQL.Resolvers;
using GraphQL.Types;
using GraphQL.Utilities;
using GraphQLParser.AST;

namespace PosModular.Kernel.Schema;

/// <summary>
/// Adds <c>__Type.specifiedByURL</c> and the directive <c>@specifiedBy</c> (GraphQL specification, "@specifiedBy"), which GraphQL.NET 8
/// lacks. They tell clients which public document defines the format of a scalar.
/// </summary>
internal sealed partial class SpecifiedByVisitor : BaseSchemaNodeVisitor
{
    public const string DirectiveName = "specifiedBy";
    private const string FieldName = "specifiedByURL";

    private static readonly Dictionary<string, string> UrlByScalar = new(StringComparer.Ordinal)
    {
        ["DateTime"] = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        ["LocalDate"] = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        ["LocalTime"] = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        ["Long"] = "https://www.rfc-editor.org/rfc/rfc8259#section-6",
        ["Decimal"] = "https://www.rfc-editor.org/rfc/rfc8259#section-6",
    };

    public override void VisitObject(IObjectGraphType type, ISchema schema)
    {
        if (type.Name != "__Type" || type.Fields.Find(FieldName) is not null)
            return;
        type.AddField(
            new FieldType
            {
                Name = FieldName,
                Description = "The address of the public document that defines the format of a scalar; null for other types.",
                ResolvedType = schema.AllTypes["String"],
                Resolver = new FuncFieldResolver<string?>(context =>
                    context.Source is ScalarGraphType scalar ? UrlByScalar.GetValueOrDefault(scalar.Name) : null
                ),
            }
        );
    }

    /// <summary>Adds the directive to the scalars of a printed schema. Its definition is left out, because the specification gives
    /// it.</summary>
    public static string AddTo(string sdl) =>
        UrlByScalar.Aggregate(Definition().Replace(sdl, ""), (text, scalar) =>
            text.Replace(
                $"\nscalar {scalar.Key}\n",
                $"\nscalar {scalar.Key} @{DirectiveName}(url: \"{scalar.Value}\")\n",
                StringComparison.Ordinal
            )
        );

    [GeneratedRegex(@"(?:""[^""]*""\n)?directive @specifiedBy\(.*?\) on SCALAR\n\n", RegexOptions.Singleline)]
    private static partial Regex Definition();
}

/// <summary>The definition of <c>@specifiedBy</c>, as introspection shows it.</summary>
internal sealed class SpecifiedByDirective : Directive
{
    public SpecifiedByDirective()
        : base(SpecifiedByVisitor.DirectiveName, DirectiveLocation.Scalar)
    {
        Description = "Names the public document that defines the format of a scalar.";
        Arguments = new QueryArguments(
            new QueryArgument<NonNullGraphType<StringGraphType>> { Name = "url", Description = "The address of the document." }
        );
    }

    public override bool? Introspectable => true;
}
