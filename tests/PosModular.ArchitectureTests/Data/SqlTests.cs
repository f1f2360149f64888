using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Data;

/// <summary>Hand-written SQL names only its module's schema. The Kernel names none: it gets schema names as parameters.</summary>
public sealed class SqlTests
{
    private static IEnumerable<string> Offences(string path, string source, string? ownSchema, IReadOnlyList<string> schemas)
    {
        var named = new Regex($@"\b(?<schema>{string.Join('|', schemas)})\.[a-z_]+", RegexOptions.IgnoreCase);
        return from text in CSharpSource.StringsOf(source)
            from match in named.Matches(text)
            where !match.Groups["schema"].Value.Equals(ownSchema, StringComparison.OrdinalIgnoreCase)
            select $"{path}: {match.Value}";
    }

    private static readonly string[] Schemas = [.. Repository.Modules.Select(m => m.ToLowerInvariant())];

    [Fact]
    public void A_modules_sql_names_its_own_schema_only() =>
        Repository
            .Modules.SelectMany(module =>
                Repository.Sources("modules/" + module).SelectMany(s => Offences(s.Path, s.Text, module, Schemas))
            )
            .ShouldBeEmpty();

    [Fact]
    public void Kernel_and_contracts_name_no_schema() =>
        Repository
            .Sources("src/PosModular.Kernel", "modules")
            .Where(s =>
                s.Path.StartsWith("src/", StringComparison.Ordinal) || s.Path.Split('/')[1].EndsWith(".Contracts", StringComparison.Ordinal)
            )
            .SelectMany(s => Offences(s.Path, s.Text, null, Schemas))
            .ShouldBeEmpty();

    [Theory]
    [InlineData("var sql = \"select 1 from ingestion.transactions\";")]
    [InlineData("var sql = $\"join ingestion.transactions t on {x}\";")]
    [InlineData("var sql = \"\"\"\n  select 1\n  from ingestion.transactions\n  \"\"\";")]
    [InlineData("var sql = @\"from INGESTION.transactions\";")]
    public void A_planted_query_of_another_schema_is_found(string source) =>
        Offences("x.cs", source, "rules", Schemas).Single().ShouldBe("x.cs: ingestion.transactions", StringCompareShould.IgnoreCase);

    [Fact]
    public void Its_own_schema_a_comment_and_a_namespace_are_no_offence() =>
        Offences("x.cs", "using Ingestion.Contracts; // ingestion.transactions\nvar sql = \"from rules.unlocks\";", "rules", Schemas)
            .ShouldBeEmpty();
}
