using PosModular.Kernel.Errors;

namespace Integrations.Connections;

/// <summary>Checks the settings of a POS connection. Each method returns null when the value is valid.</summary>
internal static class ConnectionInputValidator
{
    public static UserError? CheckSignatureKey(string? key) =>
        key is null || (key.Length is > 0 and <= 200 && key.All(c => c is > ' ' and <= '~'))
            ? null
            : UserError.Invalid(
                "The signature key must be 1 to 200 characters without spaces. Copy the whole key from the webhook "
                    + "subscription in the provider's dashboard.",
                "webhookSignatureKey"
            );

    public static UserError? CheckSyncInterval(int? seconds) =>
        seconds is null or (>= 10 and <= 86_400)
            ? null
            : UserError.Invalid(
                "The sync interval must be between 10 and 86400 seconds. Leave it out for the default.",
                "syncIntervalSeconds"
            );
}
