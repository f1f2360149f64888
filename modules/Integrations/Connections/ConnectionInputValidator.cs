using PosModular.Kernel.Errors;

namespace Integrations.Connections;

/// <summary>What a connection's settings must satisfy; each answers null when it is well.</summary>
internal static class ConnectionInputValidator
{
    public static UserError? CheckSignatureKey(string? key) =>
        key is null || (key.Length is > 0 and <= 200 && key.All(c => c is > ' ' and <= '~'))
            ? null
            : UserError.Invalid(
                "The signature key stands at the webhook subscription in the provider's dashboard; copy it whole.",
                "webhookSignatureKey"
            );

    public static UserError? CheckSyncInterval(int? seconds) =>
        seconds is null or (>= 10 and <= 86_400)
            ? null
            : UserError.Invalid("A sync interval is from 10 to 86400 seconds; leave it out for the usual one.", "syncIntervalSeconds");
}
