namespace PosModular.Kernel.Settings;

/// <summary>A setting is missing or malformed: the start stops with this one line, which names the setting and says what to do.</summary>
#pragma warning disable CA1032 // always with the setting's name
public sealed class SettingException(string setting, string message)
    : Exception($"{setting.Replace(":", "__", StringComparison.Ordinal)}: {message}")
{
    /// <summary>As configuration knows it, e.g. <c>Pos:PublicBaseUrl</c>; the message has the environment variable's name.</summary>
    public string Setting { get; } = setting;
}
