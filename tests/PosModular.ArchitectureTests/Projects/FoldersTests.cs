using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Projects;

/// <summary>Where files lie: the host's GraphQL server by concern, development code apart from it, and contracts by topic.</summary>
public sealed class FoldersTests
{
    private const string Development = "src/PosModular.Host/Development/";

    /// <summary>The only folders, and the folders in which every file lies, of projects that would otherwise grow flat.</summary>
    private static readonly Dictionary<string, string[]> Folders = new()
    {
        ["src/PosModular.Host/GraphQL/"] = ["Errors", "Execution", "Http", "ServerSentEvents", "WebSockets"],
        [Development] = ["Ide", "Postgres"],
        ["modules/Integrations.Contracts/"] = ["Access", "Calendar", "Connections", "Venues", "Webhooks"],
    };

    /// <summary>Files at the root of such a project or folder: what its folders share.</summary>
    private static readonly string[] AtTheRoot =
    [
        "src/PosModular.Host/GraphQL/GraphQLEndpoint.cs",
        "src/PosModular.Host/Development/DataDirectory.cs",
        "src/PosModular.Host/Development/DevelopmentDefaults.cs",
    ];

    private static IEnumerable<string> Misplaced(IEnumerable<string> paths) =>
        from path in paths.Except(AtTheRoot)
        from root in Folders.Keys.Where(root => path.StartsWith(root, StringComparison.Ordinal))
        where path[root.Length..].Split('/') is not [var folder, ..] parts || parts.Length == 1 || !Folders[root].Contains(folder)
        select path;

    private static IEnumerable<string> Empty(IEnumerable<string> paths) =>
        from root in Folders
        from folder in root.Value
        where !paths.Any(p => p.StartsWith(root.Key + folder + "/", StringComparison.Ordinal))
        select root.Key + folder;

    // Contracts exist to be used: a project without a type, or one that no other module references, is deleted.
    private static IEnumerable<string> Unused(IReadOnlyList<Project> projects, Func<string, bool> exportsTypes) =>
        from contracts in projects.Where(p => p.IsContracts)
        let module = contracts.Name.Replace(".Contracts", "", StringComparison.Ordinal)
        where !exportsTypes(contracts.Name) || projects.All(p => p.Name == module || !p.References.Contains(contracts.Name))
        select contracts.Name;

    private static string[] Paths() => [.. Repository.Sources("modules", "src").Select(s => s.Path)];

    [Fact]
    public void Every_file_lies_in_its_folder() => Misplaced(Paths()).ShouldBeEmpty();

    [Fact]
    public void No_folder_of_the_list_is_empty() => Empty(Paths()).ShouldBeEmpty();

    [Fact]
    public void Every_Contracts_project_has_types_and_another_module_that_uses_them() =>
        Unused(Project.AllOfProduct(), name => Repository.AssemblyOf(name).GetExportedTypes().Length > 0).ShouldBeEmpty();

    [Fact]
    public void Planted_offences_are_found()
    {
        string[] paths =
        [
            "src/PosModular.Host/GraphQL/Flat.cs",
            "src/PosModular.Host/GraphQL/Other/X.cs",
            "src/PosModular.Host/GraphQL/Http/X.cs",
            "src/PosModular.Host/GraphQL/GraphQLEndpoint.cs",
            "modules/Integrations.Contracts/IVenue.cs",
            "modules/Integrations/IVenue.cs",
        ];
        Misplaced(paths)
            .ShouldBe([
                "src/PosModular.Host/GraphQL/Flat.cs",
                "src/PosModular.Host/GraphQL/Other/X.cs",
                "modules/Integrations.Contracts/IVenue.cs",
            ]);
        Empty(paths).Count().ShouldBe(11);
        Unused(
                [
                    new("A", ["A.Contracts"], []),
                    new("A.Contracts", [], []),
                    new("B", ["C.Contracts", "Empty.Contracts"], []),
                    new("C.Contracts", [], []),
                    new("Empty.Contracts", [], []),
                ],
                name => name != "Empty.Contracts"
            )
            .ShouldBe(["A.Contracts", "Empty.Contracts"]);
    }
}
