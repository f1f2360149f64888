using Integrations.Contracts.Access;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Integrations.Audit;

/// <summary>Writes entries for other modules.</summary>
internal sealed class AuditLog(IClock clock) : IAuditLog
{
    private const string Sql = """
        insert into integrations.audit_log (id, venue_id, at, user_id, action, subject, detail) values ($1, $2, $3, $4, $5, $6, $7)
        """;

    public async Task RecordAsync(
        NpgsqlConnection connection,
        Caller caller,
        string venueId,
        string action,
        string subject,
        string detail,
        CancellationToken cancellationToken
    )
    {
        var entry = AuditEntry.Of(clock.Now(), caller, venueId, action, subject, detail);
        await using var command = new NpgsqlCommand(Sql, connection).AddValues(
            entry.Id,
            entry.VenueId,
            entry.At,
            entry.UserId,
            entry.Action,
            entry.Subject,
            detail
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
