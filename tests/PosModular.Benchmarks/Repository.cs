namespace PosModular.Benchmarks;

internal static class Repository
{
    /// <summary>The solution's folder.</summary>
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? folder) =>
        folder is null ? throw new DirectoryNotFoundException("PosModular.sln")
        : File.Exists(Path.Combine(folder.FullName, "PosModular.sln")) ? folder.FullName
        : Find(folder.Parent);
}
