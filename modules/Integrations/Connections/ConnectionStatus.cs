using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Connections;

/// <summary>The state of a POS connection.</summary>
internal enum PosConnectionStatus
{
    /// <summary>The connection works and transactions arrive.</summary>
    Connected,

    /// <summary>Something must be done; statusReason says what.</summary>
    NeedsAttention,

    /// <summary>The location is disconnected; its transactions are kept.</summary>
    Disconnected,
}

/// <summary>Derives a connection's status from its last successful call, its last error and its webhook setup. The status itself is not
/// stored.</summary>
internal static class ConnectionStatus
{
    /// <summary>How long a provider may be unavailable before the connection needs attention. Shorter outages usually end by
    /// themselves.</summary>
    public static readonly Duration MaxProviderOutage = Duration.FromMinutes(15);

    public static readonly UserError CredentialsUnreadable = new(
        ErrorCode.InvalidCredentials,
        "The stored credentials cannot be decrypted, because they were encrypted with a key that is not configured. Add "
            + "that key to POS_ENCRYPTION_KEYS_OLD, or connect the location again with its credentials."
    );

    /// <param name="connection">The stored connection.</param>
    /// <param name="secretsReadable">Whether all of its secrets can be decrypted.</param>
    /// <param name="now">The current time.</param>
    public static (PosConnectionStatus Status, UserError? Reason) Of(PosConnectionRow connection, bool secretsReadable, Instant now)
    {
        if (connection.DisconnectedAt is not null)
            return (PosConnectionStatus.Disconnected, null);
        if (!secretsReadable)
            return (PosConnectionStatus.NeedsAttention, CredentialsUnreadable);
        if (
            connection.LastErrorCode is { } code
            && connection.LastErrorAt > (connection.LastGoodCallAt ?? Instant.MinValue)
            && (!IsTransient(code) || now - (connection.LastGoodCallAt ?? connection.ConnectedAt) > MaxProviderOutage)
        )
            return (PosConnectionStatus.NeedsAttention, new UserError(code, connection.LastErrorMessage!));
        if (connection.WebhookErrorCode is { } webhookErrorCode)
            return (PosConnectionStatus.NeedsAttention, new UserError(webhookErrorCode, connection.WebhookErrorMessage!));
        return (PosConnectionStatus.Connected, null);
    }

    private static bool IsTransient(ErrorCode code) => code is ErrorCode.ProviderUnavailable or ErrorCode.RateLimitExceeded;
}
