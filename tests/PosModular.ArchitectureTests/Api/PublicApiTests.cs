using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Api;

/// <summary>Clients were promised an API (public-api.graphql). Whatever of it is served is served as promised; whatever is not stands in a list.</summary>
public sealed class PublicApiTests
{
    private const string Folder = "tests/PosModular.ArchitectureTests/Api/";

    private static IEnumerable<string> BreakingChanges(IReadOnlyList<ApiName> published, IReadOnlyList<ApiName> served)
    {
        var promises = published.ToDictionary(n => n.Path);
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
    private static IEnumerable<string> Missing(IReadOnlyList<ApiName> published, IReadOnlyList<ApiName> served)
    {
        var paths = served.Select(n => n.Path).ToHashSet();
        return published.Where(p => !paths.Contains(p.Path) && (p.Parent is null || paths.Contains(p.Parent))).Select(p => p.Path);
    }

    private static readonly IReadOnlyList<ApiName> PublicApi = ApiDocument.Read(Repository.Read(Folder + "public-api.graphql"));

    private static readonly string[] NotServedYet =
    [
        .. Repository
            .Read(Folder + "promised-not-yet.txt")
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(l => !l.StartsWith('#')),
    ];

    [Fact]
    public void Every_served_name_keeps_its_published_shape() =>
        BreakingChanges(PublicApi, ApiDocument.Read(PrintedSchemaTests.Printed.Value)).ShouldBeEmpty();

    [Fact]
    public void Every_published_name_is_served_or_listed_as_not_served_yet() =>
        Missing(PublicApi, ApiDocument.Read(PrintedSchemaTests.Printed.Value)).Except(NotServedYet).ShouldBeEmpty();

    [Fact]
    public void Every_name_listed_as_not_served_yet_is_published() => NotServedYet.Except(PublicApi.Select(p => p.Path)).ShouldBeEmpty();

    [Fact]
    public void No_served_name_is_listed_as_not_served_yet() =>
        NotServedYet
            .Intersect(ApiDocument.Read(PrintedSchemaTests.Printed.Value).Select(n => n.Path))
            .ShouldBeEmpty("strike these out of promised-not-yet.txt");

    [Fact]
    public void Breaking_changes_are_found() =>
        BreakingChanges(
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
    public void A_missing_type_or_field_is_reported_once_as_a_whole() =>
        Missing(
                ApiDocument.Read("type A { b(c: Int): Int  d(e: Int): Int } type F { g: Int } enum H { I J }"),
                ApiDocument.Read("type A { d: Int } enum H { I }")
            )
            .ShouldBe(["A.b", "A.d(e)", "F", "H.J"]);
}
