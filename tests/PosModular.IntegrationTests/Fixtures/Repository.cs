namespace PosModular.IntegrationTests.Fixtures;

internal static class Repository
{
    /// <summary>The folder that contains the solution.</summary>
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? folder) =>
        folder is null ? throw new DirectoryNotFoundException("PosModular.sln")
        : File.Exists(Path.Combine(folder.FullName, "PosModular.sln")) ? folder.FullName
        : Find(folder.Parent);
}
