using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;

namespace Ingestion.Identities;

/// <summary>Writes links, over the connection of the commit that assigns the transactions.</summary>
internal static class IdentityLinks
{
    private const string LinkSql = """
        with before as (select user_id from ingestion.identity_links where venue_id = $1 and token = $2),
        written as (
          insert into ingestion.identity_links (id, venue_id, token, kind, provider, user_id, linked_at, linked_by, counts_from)
          values (gen_random_uuid(), $1, $2, $3, $4,
            coalesce((select a.into_user_id from ingestion.member_aliases a where a.venue_id = $1 and a.user_id = $5), $5),
            $6, $7, case when $8 then null else $6 end)
          on conflict (venue_id, token) do update set user_id = excluded.user_id, linked_at = excluded.linked_at,
            linked_by = excluded.linked_by, counts_from = excluded.counts_from
          returning id, user_id)
        select w.id, b.user_id, w.user_id from written w left join before b on true
        """;

    private const string UnlinkSql = "delete from ingestion.identity_links where venue_id = $1 and token = $2 returning id, user_id";

    /// <summary>Links an identity to a user, whoever had it before; returns the link's id, that user, and the user who has it now: another
    /// one where the user was merged.</summary>
    public static async Task<(Guid Id, string? BeforeUserId, string UserId)> LinkAsync(
        NpgsqlConnection connection,
        IdentityToLink identity,
        string userId,
        string linkedBy,
        Instant now,
        bool includePast,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(LinkSql, connection).AddValues(
            identity.VenueId,
            identity.Token,
            (short)identity.Kind,
            SqlParameters.Nullable(NpgsqlDbType.Smallint, (short?)identity.Provider),
            userId,
            now,
            linkedBy,
            includePast
        );
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetGuid(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetString(2));
    }

    /// <summary>Removes the link of an identity; returns its id and the user who had it, or null when nobody had.</summary>
    public static async Task<(Guid Id, string UserId)?> UnlinkAsync(
        NpgsqlConnection connection,
        string venueId,
        string token,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(UnlinkSql, connection).AddValues(venueId, token);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? (row.GetGuid(0), row.GetString(1)) : null;
    }
}

/// <summary>An identity of a transaction.</summary>
/// <param name="VenueId">The venue.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Token">Its token.</param>
/// <param name="Provider">The provider whose card or customer it is; null for an e-mail address or a phone number.</param>
internal sealed record IdentityToLink(string VenueId, IdentityKind Kind, string Token, Provider? Provider);
