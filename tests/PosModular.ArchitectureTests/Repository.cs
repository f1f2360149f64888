using System.Reflection;

namespace PosModular.ArchitectureTests;

/// <summary>The repository of these tests. Modules are found by their folders, so every rule applies to a new one at once.</summary>
internal static class Repository
{
    private const string Contracts = ".Contracts";

    private static readonly string[] NotHandWritten =
    [
        "bin",
        "obj",
        "node_modules",
        "Migrations",
        "TestResults",
        "artifacts",
        ".git",
        ".data",
    ];

    public static string Root { get; } = FindRoot();

    /// <summary>The names of the folders under modules/, without the Contracts projects.</summary>
    public static IReadOnlyList<string> Modules { get; } =
    [
        .. Directory
            .EnumerateDirectories(Path.Combine(Root, "modules"))
            .Select(d => Path.GetFileName(d))
            .Where(n => !n.EndsWith(Contracts, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The assembly of a project. It lies beside the tests because the host references every module.</summary>
    public static Assembly AssemblyOf(string project) => Assembly.Load(project);

    public static IEnumerable<Assembly> ContractAssemblies => Modules.Where(HasContracts).Select(m => AssemblyOf(m + Contracts));

    public static IEnumerable<Type> TypesOfModules => Modules.SelectMany(m => AssemblyOf(m).GetTypes());

    /// <summary>The hand-written C# files in these folders, with their paths from the root. Generated migrations are left out.</summary>
    public static IEnumerable<(string Path, string Text)> Sources(params IReadOnlyList<string> folders) =>
        from folder in folders
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where
            !path.Contains("/obj/", StringComparison.Ordinal)
            && !path.Contains("/bin/", StringComparison.Ordinal)
            && !path.Contains("/Migrations/", StringComparison.Ordinal)
        select (path, File.ReadAllText(file));

    /// <summary>The paths from the root of all hand-written files with such a name, without built and downloaded ones.</summary>
    public static IEnumerable<string> Files(string pattern) => FilesIn(new DirectoryInfo(Root), pattern);

    private static IEnumerable<string> FilesIn(DirectoryInfo folder, string pattern) =>
        folder
            .EnumerateFiles(pattern)
            .Select(f => Path.GetRelativePath(Root, f.FullName).Replace('\\', '/'))
            .Concat(folder.EnumerateDirectories().Where(d => !NotHandWritten.Contains(d.Name)).SelectMany(d => FilesIn(d, pattern)));

    private static bool HasContracts(string module) => Directory.Exists(Path.Combine(Root, "modules", module + Contracts));

    private static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "PosModular.sln")))
                return at.FullName;
        throw new InvalidOperationException(
            "These tests read the repository, but no folder above them contains PosModular.sln. Run them from a checkout."
        );
    }
}
