using Microsoft.Extensions.Configuration;

namespace Analytics;

/// <summary>The module's settings.</summary>
internal sealed record AnalyticsSettings
{
    /// <summary>Whether this host reconciles days. False leaves that, with the syncs, to other hosts.</summary>
    public bool Reconciles { get; init; } = true;

    public static AnalyticsSettings Read(IConfiguration configuration) => new() { Reconciles = configuration["Pos:Syncs"] != "false" };
}
