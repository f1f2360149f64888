using System.Collections.Frozen;
using System.IO.Compression;

namespace PosModular.Host.Console;

/// <summary>A file of the console in all forms in which it is sent.</summary>
internal sealed record ConsoleFile(string ContentType, byte[] Plain, byte[] Brotli, byte[] Gzip);

/// <summary>The files of the console, read once. Each has the hash of its content in its name, except for the page itself.</summary>
internal sealed class ConsoleFiles
{
    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>
    {
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".woff2"] = "font/woff2",
        [".png"] = "image/png",
    }.ToFrozenDictionary();

    private readonly FrozenDictionary<string, ConsoleFile> _assets;

    private ConsoleFiles(string page, FrozenDictionary<string, ConsoleFile> assets) => (Page, _assets) = (page, assets);

    /// <summary>The page, with the text <c>__NONCE__</c> wherever a response has its nonce.</summary>
    public string Page { get; }

    /// <summary>Returns null when the build has made no console.</summary>
    public static ConsoleFiles? Read(string folder)
    {
        var page = Path.Combine(folder, "index.html");
        var assets = Path.Combine(folder, "assets");
        if (!File.Exists(page) || !Directory.Exists(assets))
            return null;
        return new ConsoleFiles(
            File.ReadAllText(page),
            Directory
                .EnumerateFiles(assets)
                .Where(path => ContentTypes.ContainsKey(Path.GetExtension(path)))
                .ToFrozenDictionary(path => Path.GetFileName(path), ReadFile)
        );
    }

    public ConsoleFile? FindAsset(string name) => _assets.GetValueOrDefault(name);

    // The build compresses each file; where it has not, the file is compressed here once.
    private static ConsoleFile ReadFile(string path)
    {
        var plain = File.ReadAllBytes(path);
        return new ConsoleFile(
            ContentTypes[Path.GetExtension(path)],
            plain,
            File.Exists(path + ".br")
                ? File.ReadAllBytes(path + ".br")
                : Compress(plain, s => new BrotliStream(s, CompressionLevel.Optimal)),
            File.Exists(path + ".gz") ? File.ReadAllBytes(path + ".gz") : Compress(plain, s => new GZipStream(s, CompressionLevel.Optimal))
        );
    }

    private static byte[] Compress(byte[] plain, Func<Stream, Stream> open)
    {
        var compressed = new MemoryStream();
        using (var stream = open(compressed))
            stream.Write(plain);
        return compressed.ToArray();
    }
}
