using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Data;
using PosModular.Kernel.Schema;

namespace Ingestion.Identities;

/// <summary>What a venue recognises a member by.</summary>
/// <param name="Id">The id of the identity. Pass it to unlinkIdentity.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Provider">The provider whose card or customer it is; null for an e-mail address or a phone number, which is the same at all
/// providers.</param>
/// <param name="Label">A text for people, such as VISA •••• 1881. Never a card number, an address or a hash.</param>
/// <param name="LinkedAt">When it was linked to the member.</param>
/// <param name="LinkedBy">The user who linked it; null where it was not recorded.</param>
/// <param name="FirstSeenAt">When it was first used for a payment at the venue, by whomever; null while it never was.</param>
/// <param name="LastSeenAt">When it was last used for a payment at the venue, by whomever; null while it never was.</param>
/// <param name="TransactionCount">How many transactions of the venue have it, whomever they are matched to.</param>
internal sealed record Identity(
    Guid Id,
    IdentityKind Kind,
    Provider? Provider,
    string Label,
    Instant LinkedAt,
    [property: Id] string? LinkedBy,
    Instant? FirstSeenAt,
    Instant? LastSeenAt,
    long TransactionCount
);

/// <summary>What the venue recognises the member by, the most trustworthy first.</summary>
internal sealed class MemberIdentities(NpgsqlDataSource database)
{
    private static readonly string Sql =
        string.Join(
            "union all\n",
            Enum.GetValues<IdentityKind>()
                .Select(kind =>
                    $"""
                        select l.user_id, l.id, l.kind, l.provider, l.linked_at, l.linked_by, s.first, s.last, s.count, s.brand, s.last4
                        from ingestion.identity_links l cross join lateral (
                          select min(t.occurred_at) as first, max(t.occurred_at) as last, count(*) as count, max(t.card_brand) as brand,
                            max(t.card_last4) as last4
                          from ingestion.transactions t where t.venue_id = l.venue_id and t.{kind.Column()} = l.token) s
                        where l.venue_id = $1 and l.user_id = any($2) and l.kind = {kind:D}

                        """
                )
        ) + "order by kind, linked_at, id";

    public IDataLoaderResult<IEnumerable<Identity>> Identities([Parent] IMember member, IResolveFieldContext context) =>
        BatchLoaders.Load<string, IEnumerable<Identity>>(
            context,
            (typeof(MemberIdentities), member.VenueId),
            member.UserId,
            async (userIds, cancellationToken) =>
            {
                await using var command = database.CreateCommand(Sql).AddValues(member.VenueId, userIds.ToArray());
                await using var row = await command.ExecuteReaderAsync(cancellationToken);
                var found = new List<(string UserId, Identity Identity)>();
                while (await row.ReadAsync(cancellationToken))
                    found.Add((row.GetString(0), Read(row)));
                return found.GroupBy(i => i.UserId).ToDictionary(g => g.Key, g => g.Select(i => i.Identity));
            },
            []
        );

    private static Identity Read(NpgsqlDataReader row)
    {
        var (kind, provider) = ((IdentityKind)row.GetInt16(2), row.IsDBNull(3) ? (Provider?)null : (Provider)row.GetInt16(3));
        return new Identity(
            row.GetGuid(1),
            kind,
            provider,
            LabelOf(kind, provider, Text(9), Text(10)),
            row.GetFieldValue<Instant>(4),
            Text(5),
            row.IsDBNull(6) ? null : row.GetFieldValue<Instant>(6),
            row.IsDBNull(7) ? null : row.GetFieldValue<Instant>(7),
            row.GetInt64(8)
        );

        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);
    }

    private static string LabelOf(IdentityKind kind, Provider? provider, string? brand, string? last4) =>
        kind switch
        {
            IdentityKind.Card => $"{brand ?? "Card"} •••• {last4 ?? "????"}",
            IdentityKind.Customer => $"Customer at {provider}",
            IdentityKind.Email => "E-mail address",
            _ => "Phone number",
        };
}
