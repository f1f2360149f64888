using Npgsql;

namespace Integrations.Contracts.Access;

/// <summary>Lets other modules record who changed what at a venue.</summary>
public interface IAuditLog
{
    /// <summary>Writes an entry over the connection of the change, so that both are one commit or none.</summary>
    /// <param name="connection">The connection, on which a transaction is open.</param>
    /// <param name="caller">The user who makes the change.</param>
    /// <param name="venueId">The venue.</param>
    /// <param name="action">The mutation, e.g. updateLiveSession.</param>
    /// <param name="subject">The id of the changed object.</param>
    /// <param name="detail">What changed, as text. It must not contain a secret.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    Task RecordAsync(
        NpgsqlConnection connection,
        Caller caller,
        string venueId,
        string action,
        string subject,
        string detail,
        CancellationToken cancellationToken
    );

    /// <summary>Takes a guest out of a venue's entries: what was done to them stays, but not who they are.</summary>
    Task ForgetAsync(NpgsqlConnection connection, string venueId, string userId, CancellationToken cancellationToken);
}
