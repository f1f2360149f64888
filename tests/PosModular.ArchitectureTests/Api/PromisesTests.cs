using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Api;

/// <summary>Clients were promised an API (public-api.graphql). Whatever of it is served is served as promised; whatever is not stands in a list.</summary>
public sealed class PromisesTests
{
    private const string Folder = "tests/PosModular.ArchitectureTests/Api/";

    private static IEnumerable<string> Broken(IReadOnlyList<ApiName> promised, IReadOnlyList<ApiName> served)
    {
        var promises = promised.ToDictionary(n => n.Path);
        foreach (var name in served)
        {
            if (promises.TryGetValue(name.Path, out var promise))
            {
                if (promise.Kind != name.Kind || promise.Type != name.Type)
                    yield return $"{name.Path} was promised as {Shape(promise)}, it is {Shape(name)}";
                else if (name.Required && !promise.Required)
                    yield return $"{name.Path} was promised with a default, it must be given";
            }
            else if (name.Required && name.Parent is { } parent && promises.ContainsKey(parent))
            {
                yield return $"{name.Path} was not promised and must be given: clients of {parent} break";
            }
        }
    }

    private static string Shape(ApiName name) => $"{name.Kind} {name.Type}".TrimEnd();

    // Of a type or field that is missing as a whole only the whole is named.
    private static IEnumerable<string> Missing(IReadOnlyList<ApiName> promised, IReadOnlyList<ApiName> served)
    {
        var paths = served.Select(n => n.Path).ToHashSet();
        return promised.Where(p => !paths.Contains(p.Path) && (p.Parent is null || paths.Contains(p.Parent))).Select(p => p.Path);
    }

    private static readonly IReadOnlyList<ApiName> Promised = ApiDocument.Read(Repo.Read(Folder + "public-api.graphql"));

    private static readonly string[] NotYet =
    [
        .. Repo.Read(Folder + "promised-not-yet.txt")
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(l => !l.StartsWith('#')),
    ];

    [Fact]
    public void What_is_served_is_served_as_promised() =>
        Broken(Promised, ApiDocument.Read(PrintedSchemaTests.Printed.Value)).ShouldBeEmpty();

    [Fact]
    public void What_is_promised_is_served_or_listed_as_not_yet() =>
        Missing(Promised, ApiDocument.Read(PrintedSchemaTests.Printed.Value)).Except(NotYet).ShouldBeEmpty();

    [Fact]
    public void The_list_of_what_is_not_served_yet_names_promises_only() => NotYet.Except(Promised.Select(p => p.Path)).ShouldBeEmpty();

    [Fact]
    public void What_is_served_has_left_the_list() =>
        NotYet
            .Intersect(ApiDocument.Read(PrintedSchemaTests.Printed.Value).Select(n => n.Path))
            .ShouldBeEmpty("strike these out of promised-not-yet.txt");

    [Fact]
    public void Broken_promises_are_found() =>
        Broken(
                ApiDocument.Read("type A { b: String!  c(d: Int = 1): Int  f: [A!]! } enum E { X } input I { a: ID! }"),
                ApiDocument.Read(
                    "type A { b: String  c(d: Int!, e: Int!, g: Int): Int  f: [A]!  new: Int } input E { X: Int } input I { a: ID!  b: ID!  c: ID }"
                )
            )
            .ShouldBe([
                "A.b was promised as field String!, it is field String",
                "A.c(d) was promised as argument Int, it is argument Int!",
                "A.c(e) was not promised and must be given: clients of A.c break",
                "A.f was promised as field [A!]!, it is field [A]!",
                "E was promised as enum, it is input",
                "E.X was promised as value, it is input field Int",
                "I.b was not promised and must be given: clients of I break",
            ]);

    [Fact]
    public void What_is_missing_is_found_by_its_largest_part() =>
        Missing(
                ApiDocument.Read("type A { b(c: Int): Int  d(e: Int): Int } type F { g: Int } enum H { I J }"),
                ApiDocument.Read("type A { d: Int } enum H { I }")
            )
            .ShouldBe(["A.b", "A.d(e)", "F", "H.J"]);
}
