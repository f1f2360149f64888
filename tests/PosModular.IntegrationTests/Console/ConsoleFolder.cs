using System.IO.Compression;
using System.Text;

namespace PosModular.IntegrationTests.Console;

/// <summary>A folder of made-up console files, laid out as the build of the console lays them out.</summary>
internal sealed class ConsoleFolder : IDisposable
{
    public const string Script = "index-B2FU7Uud.js";
    public const string Style = "style-CAjEdI7-.css";

    public static string ScriptText { get; } = string.Concat(Enumerable.Repeat("console.log('tonight');\n", 100));
    public static string StyleText { get; } = string.Concat(Enumerable.Repeat("body { color: black }\n", 100));

    /// <summary>What the build put beside the script. It differs from the script, so that a test sees which of the two is sent.</summary>
    public const string BrotliOfBuild = "compressed to brotli by the build";

    public ConsoleFolder()
    {
        Path = Directory.CreateTempSubdirectory("posmodular-tests-console-").FullName;
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "assets"));
        Write(
            "index.html",
            $"""
            <meta property="csp-nonce" nonce="__NONCE__">
            <script type="module" src="/assets/{Script}" nonce="__NONCE__"></script>
            """
        );
        Write("assets/" + Script, ScriptText);
        Write("assets/" + Script + ".map", "{}");
        Write("assets/" + Style, StyleText);
        File.WriteAllBytes(System.IO.Path.Combine(Path, "assets", Script + ".br"), CompressToBrotli(BrotliOfBuild));
    }

    public string Path { get; }

    private void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Path, name), text);

    private static byte[] CompressToBrotli(string text)
    {
        using var compressed = new MemoryStream();
        using (var brotli = new BrotliStream(compressed, CompressionLevel.Optimal))
            brotli.Write(Encoding.UTF8.GetBytes(text));
        return compressed.ToArray();
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
