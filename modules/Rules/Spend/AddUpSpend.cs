using Ingestion.Contracts;
using Mediator;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Rules.Spend;

/// <summary>Keeps lifetime spend: each change moves it by the difference between what the sale counted before and what it counts now, also
/// from one user to another.</summary>
internal sealed class AddUpSpend(RulesDb db) : INotificationHandler<TransactionsChanged>
{
    private const string Sql = """
        insert into rules.patron_spend as s (venue_id, user_id, currency, authorized_minor, captured_minor)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) d(venue_id, user_id, currency, authorized, captured)
        order by d.venue_id, d.user_id, d.currency
        on conflict (venue_id, user_id, currency) do update set
          authorized_minor = s.authorized_minor + excluded.authorized_minor, captured_minor = s.captured_minor + excluded.captured_minor
        """;

    public async ValueTask Handle(TransactionsChanged notification, CancellationToken cancellationToken)
    {
        var deltas = SpendDelta.Of(notification.Changes);
        if (deltas.Count == 0)
            return;
        await using var command = new NpgsqlCommand(Sql, (NpgsqlConnection)db.Database.GetDbConnection());
        command.Parameters.Add(new() { Value = deltas.Select(d => d.VenueId).ToArray() });
        command.Parameters.Add(new() { Value = deltas.Select(d => d.UserId).ToArray() });
        command.Parameters.Add(new() { Value = deltas.Select(d => d.Currency).ToArray() });
        command.Parameters.Add(new() { Value = deltas.Select(d => d.AuthorizedMinor).ToArray() });
        command.Parameters.Add(new() { Value = deltas.Select(d => d.CapturedMinor).ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
