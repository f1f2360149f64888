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

    // The id is replaced only where it stands by itself, since it may be a part of another one.
    private const string ForgetSql = """
        update integrations.audit_log set
          detail = regexp_replace(detail, $3, '\1a forgotten guest', 'g'),
          subject = case when subject = $2 then 'a forgotten guest' else subject end,
          user_id = case when user_id = $2 and action = 'claimTransaction' then 'a forgotten guest' else user_id end
        where venue_id = $1 and (position($2 in detail) > 0 or subject = $2 or (user_id = $2 and action = 'claimTransaction'))
        """;

    public async Task ForgetAsync(NpgsqlConnection connection, string venueId, string userId, CancellationToken cancellationToken)
    {
        var escaped = string.Concat(userId.Select(c => char.IsLetterOrDigit(c) ? c.ToString() : "\\" + c));
        await using var command = new NpgsqlCommand(ForgetSql, connection).AddValues(venueId, userId, $"(^|[ :])({escaped})(?=$|[ ,])");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

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
