using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Api;

/// <summary>The host serves the published API (public-api.graphql) unchanged; what it does not serve yet is listed.</summary>
public sealed class PublicApiTests
{
    private const string Folder = "tests/PosModular.ArchitectureTests/Api/";

    private static IEnumerable<string> BreakingChanges(IReadOnlyList<ApiName> published, IReadOnlyList<ApiName> served)
    {
        var publishedByPath = published.ToDictionary(n => n.Path);
        foreach (var name in served)
        {
            if (publishedByPath.TryGetValue(name.Path, out var expected))
            {
                if (expected.Kind != name.Kind || expected.Type != name.Type)
                    yield return $"{name.Path} was published as {Shape(expected)} and is {Shape(name)}";
                else if (name.Required && !expected.Required)
                    yield return $"{name.Path} was published as optional and must now be given";
            }
            else if (name.Required && name.Parent is { } parent && publishedByPath.ContainsKey(parent))
            {
                yield return $"{name.Path} was not published and must be given, which breaks clients of {parent}";
            }
        }
    }

    private static string Shape(ApiName name) => $"{name.Kind} {name.Type}".TrimEnd();

    // When a type or field is missing, its members are not reported one by one.
    private static IEnumerable<string> Missing(IReadOnlyList<ApiName> published, IReadOnlyList<ApiName> served)
    {
        var paths = served.Select(n => n.Path).ToHashSet();
        return published.Where(p => !paths.Contains(p.Path) && (p.Parent is null || paths.Contains(p.Parent))).Select(p => p.Path);
    }

    private static readonly IReadOnlyList<ApiName> PublicApi = ApiDocument.Read(Repository.Read(Folder + "public-api.graphql"));

    private static readonly string[] NotServedYet =
    [
        .. Repository
            .Read(Folder + "not-served-yet.txt")
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
            .ShouldBeEmpty("Remove these lines from not-served-yet.txt.");

    [Fact]
    public void Breaking_changes_are_found() =>
        BreakingChanges(
                ApiDocument.Read("type A { b: String!  c(d: Int = 1): Int  f: [A!]! } enum E { X } input I { a: ID! }"),
                ApiDocument.Read(
                    """
                    type A { b: String  c(d: Int!, e: Int!, g: Int): Int  f: [A]!  new: Int }
                    input E { X: Int }
                    input I { a: ID!  b: ID!  c: ID }
                    """
                )
            )
            .ShouldBe([
                "A.b was published as field String! and is field String",
                "A.c(d) was published as argument Int and is argument Int!",
                "A.c(e) was not published and must be given, which breaks clients of A.c",
                "A.f was published as field [A!]! and is field [A]!",
                "E was published as enum and is input",
                "E.X was published as value and is input field Int",
                "I.b was not published and must be given, which breaks clients of I",
            ]);

    [Fact]
    public void A_missing_type_or_field_is_reported_once_as_a_whole() =>
        Missing(
                ApiDocument.Read(
                    "type A { b(c: Int): Int  d(e: Int): Int } type F { g: Int } enum H { I J } "
                        + "interface K { l: Int } type M implements K { l: Int }"
                ),
                ApiDocument.Read("type A { d: Int } enum H { I } interface K { l: Int } type M { l: Int }")
            )
            .ShouldBe(["A.b", "A.d(e)", "F", "H.J", "M.implements K"]);
}
