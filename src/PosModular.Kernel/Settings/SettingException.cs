namespace PosModular.Kernel.Settings;

/// <summary>A setting is missing or malformed. The start stops with this one line, which names the setting and says what to do.</summary>
#pragma warning disable CA1032 // It always names the setting.
public sealed class SettingException(string setting, string message)
    : Exception($"{setting.Replace(":", "__", StringComparison.Ordinal)}: {message}")
{
    /// <summary>The configuration key, e.g. <c>Pos:PublicBaseUrl</c>; the message shows the name of the environment variable
    /// instead.</summary>
    public string Setting { get; } = setting;
}
