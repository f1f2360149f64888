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
    public static readonly Duration AwayTooLong = Duration.FromMinutes(15);

    public static readonly UserError CannotBeOpened = new(
        ErrorCode.InvalidCredentials,
        "The till's credentials cannot be opened: they were sealed with an encryption key that is not here. Put that key into POS_ENCRYPTION_KEYS_OLD, or connect the till again with its credentials."
    );

    /// <param name="connection">The connection.</param>
    /// <param name="readable">Whether its secrets can be opened.</param>
    /// <param name="now">The moment.</param>
    public static (PosConnectionStatus Status, UserError? Reason) Of(TillConnection connection, bool readable, Instant now)
    {
        if (connection.DisconnectedAt is not null)
            return (PosConnectionStatus.Disconnected, null);
        if (!readable)
            return (PosConnectionStatus.NeedsAttention, CannotBeOpened);
        if (
            connection.LastErrorCode is { } code
            && connection.LastErrorAt > (connection.LastGoodCallAt ?? Instant.MinValue)
            && (!PassesByItself(code) || now - (connection.LastGoodCallAt ?? connection.ConnectedAt) > AwayTooLong)
        )
            return (PosConnectionStatus.NeedsAttention, new UserError(code, connection.LastErrorMessage!));
        if (connection.AttentionCode is { } webhook)
            return (PosConnectionStatus.NeedsAttention, new UserError(webhook, connection.AttentionMessage!));
        return (PosConnectionStatus.Connected, null);
    }

    private static bool PassesByItself(ErrorCode code) => code is ErrorCode.ProviderUnavailable or ErrorCode.RateLimitExceeded;
}
