using PosModular.Kernel.Settings;

namespace PosModular.Host.Development.Ide;

/// <summary>What the GraphQL IDE is to show. Nothing needs to be set.</summary>
internal sealed class IdeSettings
{
    private const string EnabledSetting = "Pos:Ide:Enabled";
    private const string DocumentSetting = "Pos:Ide:Document";
    private const string TokenSetting = "Pos:Ide:Token";

    /// <summary>Pos:Ide:Enabled; true unless it says otherwise.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Pos:Ide:Folder: the IDE's files; those that the build has put beside the program unless it says otherwise.</summary>
    public required string Folder { get; init; }

    /// <summary>Pos:Ide:Document: operations that a new document in the IDE starts with, as GraphQL text or the path of a file of it.</summary>
    public required string? Document { get; init; }

    /// <summary>Pos:Ide:Token, without "Bearer": what a new document in the IDE is authorised with. Everybody who reaches the host can read it.</summary>
    public required string? Token { get; init; }

    /// <exception cref="SettingException">A setting is malformed, or a token would be given away outside of Development.</exception>
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

    // No operation is without a brace.
    private static string? ReadDocument(string? textOrPath) =>
        textOrPath is null || textOrPath.Contains('{', StringComparison.Ordinal) ? textOrPath
        : File.Exists(textOrPath) ? File.ReadAllText(textOrPath)
        : throw new SettingException(DocumentSetting, $"is neither GraphQL nor a file: {Path.GetFullPath(textOrPath)}");

    private static string? ReadText(IConfiguration configuration, string setting) =>
        configuration[setting] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
}
