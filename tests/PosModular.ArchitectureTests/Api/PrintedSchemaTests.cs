using PosModular.Host.Commands;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Api;

/// <summary>The committed schema is the one that the host serves, and every name in it has a description.</summary>
public sealed class PrintedSchemaTests
{
    internal static readonly Lazy<string> Printed = new(SchemaCommand.Print);

    private static IEnumerable<string> Undescribed(string sdl) =>
        ApiDocument.Read(sdl).Where(n => string.IsNullOrWhiteSpace(n.Description)).Select(n => $"{n.Kind} {n.Path}");

    private static IEnumerable<string> NotSentences(string sdl) =>
        ApiDocument
            .Read(sdl)
            .Where(n => n.Description is { Length: > 0 } text && !(char.IsUpper(text.Trim()[0]) && text.TrimEnd().EndsWith('.')))
            .Select(n => $"{n.Kind} {n.Path}: {n.Description}");

    [Fact]
    public void The_committed_schema_is_what_the_host_prints() =>
        LineDiff
            .Between(Repository.Read("schema.graphql"), Printed.Value)
            .ShouldBeEmpty("Print it again: dotnet run --project src/PosModular.Host -- schema > schema.graphql");

    [Fact]
    public void Every_name_in_the_schema_has_a_description() => Undescribed(Printed.Value).ShouldBeEmpty();

    [Fact]
    public void Every_description_starts_with_a_capital_and_ends_with_a_full_stop() => NotSentences(Printed.Value).ShouldBeEmpty();

    [Fact]
    public void A_planted_difference_is_reported()
    {
        LineDiff.Between("type A {\n  b: Int\n}\n", "type A {\n  b: Int!\n}\n").ShouldBe(["−   b: Int", "+   b: Int!"]);
        LineDiff.Between("a\nb\n", "b\na\n").ShouldHaveSingleItem();
        LineDiff.Between("a\r\nb\r\n", "a\nb\n").ShouldBeEmpty();
    }

    [Fact]
    public void Names_without_a_description_are_found() =>
        Undescribed(
                """
                type Query { venue(id: ID!): Venue  "Text." venues("Text." first: Int): [Venue!]! }
                "Text." type Venue { "Text." id: ID! }
                "Text." enum Tier { GUEST }
                input NewVenue { "Text." name: String  zone: String }
                scalar Long
                """
            )
            .ShouldBe([
                "type Query",
                "field Query.venue",
                "argument Query.venue(id)",
                "value Tier.GUEST",
                "input NewVenue",
                "input field NewVenue.zone",
                "scalar Long",
            ]);

    [Fact]
    public void Descriptions_that_are_no_sentences_are_found() =>
        NotSentences(
                """
                "Good." type Query { "lower case." a(x: Int): Int  "No full stop" b: Int  "Ends in one. " c: Int  d: Int }
                """
            )
            .ShouldBe(["field Query.a: lower case.", "field Query.b: No full stop"]);
}
