using System.Reflection;

namespace PosModular.ArchitectureTests;

/// <summary>The repository these tests were built from. Modules are found by their folders, so a new one is held to every rule at once.</summary>
internal static class Repository
{
    private const string Contracts = ".Contracts";

    public static string Root { get; } = FindRoot();

    /// <summary>Folders under modules/ that are not Contracts.</summary>
    public static IReadOnlyList<string> Modules { get; } =
    [
        .. Directory
            .EnumerateDirectories(Path.Combine(Root, "modules"))
            .Select(d => Path.GetFileName(d))
            .Where(n => !n.EndsWith(Contracts, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>A module's assembly. It is beside the tests because the Host knows every module; one that is not there is not hosted.</summary>
    public static Assembly AssemblyOf(string project) => Assembly.Load(project);

    public static IEnumerable<Assembly> ContractAssemblies => Modules.Where(HasContracts).Select(m => AssemblyOf(m + Contracts));

    public static IEnumerable<Type> TypesOfModules => Modules.SelectMany(m => AssemblyOf(m).GetTypes());

    /// <summary>Hand-written C# of the product under these folders, by path from the root.</summary>
    public static IEnumerable<(string Path, string Text)> Sources(params IReadOnlyList<string> folders) =>
        from folder in folders
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where
            !path.Contains("/obj/", StringComparison.Ordinal)
            && !path.Contains("/bin/", StringComparison.Ordinal)
            && !path.Contains("/Migrations/", StringComparison.Ordinal)
        select (path, File.ReadAllText(file));

    private static bool HasContracts(string module) => Directory.Exists(Path.Combine(Root, "modules", module + Contracts));

    private static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "PosModular.sln")))
                return at.FullName;
        throw new InvalidOperationException("These tests read the repository, and no folder above them has PosModular.sln.");
    }
}
