using System.Globalization;
using Microsoft.Extensions.Configuration;
using NodaTime;
using PosModular.Kernel.Settings;

namespace Ingestion;

/// <summary>The module's settings. They are read and checked once at start.</summary>
internal sealed record IngestionSettings
{
    private const string KeepDaysKey = "Pos:WebhookEvents:KeepDays";

    /// <summary>How long raw webhook events are kept; null keeps them for ever.</summary>
    public required Duration? WebhookEventRetention { get; init; }

    /// <summary>Whether this host runs syncs. False leaves them to other hosts.</summary>
    public bool RunsSyncs { get; init; } = true;

    public static IngestionSettings Read(IConfiguration configuration) =>
        new()
        {
            RunsSyncs = configuration["Pos:Syncs"] != "false",
            WebhookEventRetention =
                configuration[KeepDaysKey] is not { Length: > 0 } given ? Duration.FromDays(60)
                : int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days <= 36_500
                    ? days == 0 ? null
                        : Duration.FromDays(days)
                : throw new SettingException(
                    KeepDaysKey,
                    "it must be a whole number of days, e.g. 60; 0 keeps raw webhook events for ever."
                ),
        };
}
