using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Conventions;

/// <summary>Folders are named after business words or protocols, not techniques. Type names do not end in an empty word.</summary>
public sealed partial class NamesTests
{
    private static readonly string[] TechniqueFolders =
    [
        "Common",
        "Shared",
        "Helpers",
        "Utils",
        "Utilities",
        "Handlers",
        "Dtos",
        "Features",
        "Services",
        "Managers",
        "Misc",
    ];

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record)\s+(?!struct\b|class\b)(?<name>\w+)")]
    private static partial Regex Declared();

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Service|Impl|Dto)$")]
    private static partial Regex EmptyName();

    private static IEnumerable<string> Folders(IEnumerable<string> paths) =>
        paths
            .SelectMany(p => p.Split('/').SkipLast(1))
            .Distinct()
            .Where(f => TechniqueFolders.Contains(f, StringComparer.OrdinalIgnoreCase));

    private static IEnumerable<string> Types(string source) =>
        Declared().Matches(CSharpSource.CodeOf(source)).Select(m => m.Groups["name"].Value).Where(n => EmptyName().IsMatch(n));

    [Fact]
    public void No_folder_is_named_after_a_technique() => Folders(Repository.Sources("modules", "src").Select(s => s.Path)).ShouldBeEmpty();

    [Fact]
    public void No_type_name_ends_in_an_empty_word() => Repository.Sources("modules", "src").SelectMany(s => Types(s.Text)).ShouldBeEmpty();

    [Fact]
    public void Planted_names_are_found()
    {
        Folders(["modules/Rules/Handlers/X.cs", "src/Host/Utils/Y.cs", "modules/Rules/Spend/Z.cs"]).ShouldBe(["Handlers", "Utils"]);
        Types(
                """
                internal sealed class SpendManager; public record SpendDto(int A); record struct SumHelper;
                interface IVenueService; class RevenueServiceArea;
                class Relay : BackgroundService; // class OldHelper
                """
            )
            .ShouldBe(["SpendManager", "SpendDto", "SumHelper", "IVenueService"]);
    }
}
