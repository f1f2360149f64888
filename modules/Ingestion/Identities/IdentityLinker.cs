using Ingestion.Cards;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Access;

namespace Ingestion.Identities;

/// <summary>Links and unlinks an identity, assigns the transactions that follow from it and records it in the audit log, all in one commit.
/// linkCard, linkIdentity and their counterparts differ only in how they name the identity.</summary>
internal sealed class IdentityLinker(TransactionAssigner assigner, IAuditLog auditLog)
{
    public async Task<LinkCardPayload> LinkAsync(
        IdentityToLink identity,
        string userId,
        bool includePast,
        Caller caller,
        string action,
        CancellationToken cancellationToken
    )
    {
        (Guid Id, string? BeforeUserId, string UserId) link = default;
        var (moved, seq) = await assigner.AssignAsync(
            identity.VenueId,
            VersionCause.Link,
            caller.UserId,
            async (connection, now) =>
            {
                link = await IdentityLinks.LinkAsync(connection, identity, userId, caller.UserId, now, includePast, cancellationToken);
                return includePast ? [Assignment.OfIdentity(identity.Kind, identity.Token, userId)] : [];
            },
            (connection, count) =>
                auditLog.RecordAsync(
                    connection,
                    caller,
                    identity.VenueId,
                    action,
                    link.Id.ToString(),
                    $"{identity.Kind}: {link.BeforeUserId ?? "nobody"} → {link.UserId}, {count} earlier transactions",
                    cancellationToken
                ),
            cancellationToken
        );
        return new LinkCardPayload(moved, [])
        {
            VenueId = identity.VenueId,
            UserId = link.UserId,
            Seq = seq,
        };
    }

    public async Task<LinkCardPayload> UnlinkAsync(
        string venueId,
        IdentityKind kind,
        string token,
        Caller caller,
        string action,
        CancellationToken cancellationToken
    )
    {
        (Guid Id, string UserId)? link = null;
        var (moved, seq) = await assigner.AssignAsync(
            venueId,
            VersionCause.Link,
            caller.UserId,
            async (connection, _) =>
            {
                link = await IdentityLinks.UnlinkAsync(connection, venueId, token, cancellationToken);
                return [Assignment.WithoutIdentity(kind, token)];
            },
            async (connection, count) =>
            {
                if (link is var (id, userId))
                    await auditLog.RecordAsync(
                        connection,
                        caller,
                        venueId,
                        action,
                        id.ToString(),
                        $"{kind}: {userId} → nobody, {count} transactions",
                        cancellationToken
                    );
            },
            cancellationToken
        );
        return new LinkCardPayload(moved, [])
        {
            VenueId = venueId,
            UserId = link?.UserId,
            Seq = seq,
        };
    }
}
