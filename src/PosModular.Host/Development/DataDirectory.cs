using System.Security.Cryptography;

namespace PosModular.Host.Development;

/// <summary>What a development machine keeps between runs, by default under <c>.data</c>: the database and the generated keys.</summary>
internal sealed class DataDirectory(string path)
{
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string PostgresPath => System.IO.Path.Combine(Path, "postgres");

    /// <summary>Returns a secret of 32 random bytes in hexadecimal, created on first use in a file that only its owner can read.</summary>
    public string ReadOrCreateSecret(string name)
    {
        Directory.CreateDirectory(Path);
        var file = System.IO.Path.Combine(Path, name);
        if (!File.Exists(file))
            Create(file);
        return File.ReadAllText(file).Trim();
    }

    // Two hosts may start at once and neither may read half a secret, so the file is written under another name and moved into place.
    private static void Create(string file)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var draft = $"{file}.{Guid.NewGuid():N}";
        using (var writer = new StreamWriter(draft, options))
            writer.WriteLine(RandomNumberGenerator.GetHexString(64, lowercase: true));
        try
        {
            File.Move(draft, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            File.Delete(draft); // The other host was first.
        }
    }
}
