using System.Security.Cryptography;

namespace PosModular.Host.Development;

/// <summary>What a development machine keeps between runs, under <c>.data</c>: the database and the keys made for it.</summary>
internal sealed class DataDirectory(string path)
{
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string PostgresPath => System.IO.Path.Combine(Path, "postgres");

    /// <summary>32 random bytes in hex, made the first time and kept, readable by nobody else.</summary>
    public string ReadOrCreateSecret(string name)
    {
        Directory.CreateDirectory(Path);
        var file = System.IO.Path.Combine(Path, name);
        if (!File.Exists(file))
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            var fresh = file + "." + Guid.NewGuid().ToString("N");
            using (var writer = new StreamWriter(new FileStream(fresh, options)))
                writer.Write(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
            // Two starting at once: the first one's stays.
            try
            {
                File.Move(fresh, file, overwrite: false);
            }
            catch (IOException)
            {
                File.Delete(fresh);
            }
        }
        return File.ReadAllText(file).Trim();
    }
}
