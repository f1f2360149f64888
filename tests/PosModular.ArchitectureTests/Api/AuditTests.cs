using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Api;

/// <summary>Every mutation writes an entry into the audit log under its own name.</summary>
public sealed class AuditTests
{
    /// <summary>The mutations that write no entry, each with the reason.</summary>
    private static readonly Dictionary<string, string> WithoutEntry = new() { ["validatePosCredentials"] = "It saves nothing." };

    private static IEnumerable<string> Unaudited(string sdl, IReadOnlyCollection<string> sources)
    {
        // An action is a string of its own, whether it is passed on or written at once; error messages are whole sentences.
        var actions = sources
            .Where(s => s.Contains("RecordAsync", StringComparison.Ordinal) || s.Contains("udit", StringComparison.Ordinal))
            .Concat(sources.Where(s => s.Contains("IdentityLinker linker", StringComparison.Ordinal)))
            .SelectMany(CSharpSource.StringsOf)
            .ToHashSet();
        return ApiDocument
            .Read(sdl)
            .Where(n => n is { Parent: "Mutation", Kind: "field" })
            .Select(n => n.Path["Mutation.".Length..])
            .Where(m => !actions.Contains($"\"{m}\""));
    }

    [Fact]
    public void Every_mutation_is_recorded_or_has_a_reason_not_to_be() =>
        Unaudited(PrintedSchemaTests.Printed.Value, [.. Repository.Sources("modules").Select(s => s.Text)])
            .ShouldBe(
                WithoutEntry.Keys,
                ignoreOrder: true,
                "Record it with IAuditLog, in the commit of the change, or add it to the list with the reason."
            );

    [Fact]
    public void A_mutation_that_is_not_recorded_is_found() =>
        Unaudited(
                "type Mutation { save: Int  lose: Int  name: Int }",
                ["audit.RecordAsync(caller, \"save\", \"lose nothing\");", "[Name(\"name\")] class Name;", "// Audit: \"lose\""]
            )
            .ShouldBe(["lose", "name"]);
}
