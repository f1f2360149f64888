using System.Security.Cryptography;

namespace PosModular.Host.Development.Keys;

/// <summary>
/// The signing key of a developer's machine: made once, kept in <c>jwt-signing-key</c> readable by its owner alone, so that
/// a token printed yesterday still works today.
/// </summary>
internal static class DevelopmentSigningKey
{
    public static string ReadOrCreate(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "jwt-signing-key");
        if (!File.Exists(path))
            Create(dataDirectory, path);
        return File.ReadAllText(path).Trim();
    }

    /// <summary>Written aside and moved into place: two hosts may start at once, and neither must read half a key.</summary>
    private static void Create(string dataDirectory, string path)
    {
        Directory.CreateDirectory(dataDirectory);
        var draft = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        using (var writer = new StreamWriter(draft, options))
            writer.WriteLine(RandomNumberGenerator.GetHexString(64, lowercase: true));

        try
        {
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }
}
