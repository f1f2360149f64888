using PosModular.Kernel.Settings;

namespace PosModular.Host.Development.Ide;

/// <summary>The settings of the GraphQL IDE, all of them optional.</summary>
internal sealed class IdeSettings
{
    private const string EnabledSetting = "Pos:Ide:Enabled";
    private const string DocumentSetting = "Pos:Ide:Document";
    private const string TokenSetting = "Pos:Ide:Token";

    /// <summary>Pos:Ide:Enabled. Default: true.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Pos:Ide:Folder: the folder with the files of the IDE. Default: the one that the build creates beside the program.</summary>
    public required string Folder { get; init; }

    /// <summary>Pos:Ide:Document: the operations with which a new document in the IDE begins, as GraphQL text or as the path of a
    /// file.</summary>
    public required string? Document { get; init; }

    /// <summary>Pos:Ide:Token: the token, without "Bearer", that the IDE sends by default. Everybody who can reach the host can read
    /// it.</summary>
    public required string? Token { get; init; }

    /// <exception cref="SettingException">A setting is malformed, or a token is set outside of Development.</exception>
    public static IdeSettings Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var token = ReadText(configuration, TokenSetting);
        if (token is not null && !environment.IsDevelopment())
            throw new SettingException(TokenSetting, "everybody who reaches the host could read it. Set it in Development only.");
        return new IdeSettings
        {
            Enabled =
                ReadText(configuration, EnabledSetting) is not { } enabled
                || (bool.TryParse(enabled, out var isOn) ? isOn : throw new SettingException(EnabledSetting, "must be true or false.")),
            Folder = Path.GetFullPath(ReadText(configuration, "Pos:Ide:Folder") ?? "graphql-ide", AppContext.BaseDirectory),
            Document = ReadDocument(ReadText(configuration, DocumentSetting)),
            Token = token,
        };
    }

    // Every operation contains a brace.
    private static string? ReadDocument(string? textOrPath) =>
        textOrPath is null || textOrPath.Contains('{', StringComparison.Ordinal) ? textOrPath
        : File.Exists(textOrPath) ? File.ReadAllText(textOrPath)
        : throw new SettingException(DocumentSetting, $"is neither GraphQL nor a file: {Path.GetFullPath(textOrPath)}");

    private static string? ReadText(IConfiguration configuration, string setting) =>
        configuration[setting] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
}
