using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Connections;

/// <summary>How a connection is.</summary>
internal enum PosConnectionStatus
{
    /// <summary>Sales come in.</summary>
    Connected,

    /// <summary>Something must be done; statusReason says what.</summary>
    NeedsAttention,

    /// <summary>Cut off; its sales are kept.</summary>
    Disconnected,
}

/// <summary>Derives a connection's status from the last good call, the last error and its webhook: never from what somebody once wrote down.</summary>
internal static class ConnectionStatus
{
    /// <summary>A provider that does not answer for so long is worth a look; for less, it comes back by itself.</summary>
    public static readonly Duration MaxProviderOutage = Duration.FromMinutes(15);

    public static readonly UserError CredentialsUnreadable = new(
        ErrorCode.InvalidCredentials,
        "The till's credentials cannot be opened: they were sealed with an encryption key that is not here. Put that key into POS_ENCRYPTION_KEYS_OLD, or connect the till again with its credentials."
    );

    /// <param name="connection">The connection.</param>
    /// <param name="secretsReadable">Whether its secrets can be opened.</param>
    /// <param name="now">The moment.</param>
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
