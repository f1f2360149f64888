using GraphQLParser;
using GraphQLParser.AST;

namespace PosModular.ArchitectureTests.Api;

/// <summary>One name of a schema.</summary>
/// <param name="Path">A type, a field of it, an argument of that, or an interface that it implements: Venue, Venue.revenue,
/// Venue.revenue(period), Venue.implements Node.</param>
/// <param name="Kind">What it is: a type, a field, an argument and so on.</param>
/// <param name="Type">Its type, with nullability; empty for types and enum values.</param>
/// <param name="Required">Whether it is an argument or input field that must be given.</param>
/// <param name="Description">Its description; null when it has none.</param>
internal sealed record ApiName(string Path, string Kind, string Type, bool Required, string? Description)
{
    /// <summary>The path of the name that this one belongs to; null for a type.</summary>
    public string? Parent =>
        Path.IndexOf('(') is > 0 and var argument ? Path[..argument]
        : Path.IndexOf('.') is > 0 and var member ? Path[..member]
        : null;
}

/// <summary>Reads a schema in GraphQL's definition language into a list of its names.</summary>
internal static class ApiDocument
{
    public static IReadOnlyList<ApiName> Read(string sdl) =>
        [.. Parser.Parse(sdl).Definitions.OfType<GraphQLTypeDefinition>().SelectMany(Names)];

    private static IEnumerable<ApiName> Names(GraphQLTypeDefinition type) =>
        type switch
        {
            GraphQLObjectTypeDefinition t =>
            [
                Of(t, "type"),
                .. (t.Interfaces?.Items ?? []).Select(i => new ApiName(
                    $"{t.Name.StringValue}.implements {i.Name.StringValue}",
                    "interface of a type",
                    "",
                    false,
                    "The type implements this interface." // such a name has no description of its own
                )),
                .. Fields(t.Name.StringValue, t.Fields),
            ],
            GraphQLInterfaceTypeDefinition t => [Of(t, "interface"), .. Fields(t.Name.StringValue, t.Fields)],
            GraphQLInputObjectTypeDefinition t =>
            [
                Of(t, "input"),
                .. (t.Fields?.Items ?? []).Select(f => Input(f, "input field", $"{t.Name.StringValue}.{f.Name.StringValue}")),
            ],
            GraphQLEnumTypeDefinition t =>
            [
                Of(t, "enum"),
                .. (t.Values?.Items ?? []).Select(v => new ApiName(
                    $"{t.Name.StringValue}.{v.Name.StringValue}",
                    "value",
                    "",
                    false,
                    Text(v.Description)
                )),
            ],
            GraphQLScalarTypeDefinition t => [Of(t, "scalar")],
            _ => [Of(type, "union")],
        };

    private static ApiName Of(GraphQLTypeDefinition type, string kind) =>
        new(type.Name.StringValue, kind, "", false, Text(type.Description));

    private static IEnumerable<ApiName> Fields(string type, GraphQLFieldsDefinition? fields) =>
        from field in fields?.Items ?? []
        let path = $"{type}.{field.Name.StringValue}"
        from name in new[] { new ApiName(path, "field", Text(field.Type), false, Text(field.Description)) }.Concat(
            (field.Arguments?.Items ?? []).Select(a => Input(a, "argument", $"{path}({a.Name.StringValue})"))
        )
        select name;

    private static ApiName Input(GraphQLInputValueDefinition value, string kind, string path) =>
        new(path, kind, Text(value.Type), value.Type is GraphQLNonNullType && value.DefaultValue is null, Text(value.Description));

    private static string? Text(GraphQLDescription? description) => description?.Value.ToString();

    private static string Text(GraphQLType type) =>
        type switch
        {
            GraphQLNonNullType t => Text(t.Type) + "!",
            GraphQLListType t => "[" + Text(t.Type) + "]",
            _ => ((GraphQLNamedType)type).Name.StringValue,
        };
}
