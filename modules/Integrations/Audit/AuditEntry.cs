using GraphQL;
using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.Audit;

/// <summary>A record of who changed what at a venue, and when. It never contains a secret, only the fact that credentials were
/// passed.</summary>
internal sealed class AuditEntry
{
    /// <summary>The entry's id, a version-7 UUID.</summary>
    public Guid Id { get; init; }

    [Ignore]
    public required string VenueId { get; init; }

    /// <summary>When the change was made.</summary>
    public Instant At { get; init; }

    /// <summary>The user who made the change: the sub claim of their token.</summary>
    [Id]
    public required string UserId { get; init; }

    /// <summary>The mutation that made the change, e.g. connectPos.</summary>
    public required string Action { get; init; }

    /// <summary>The id of the changed object.</summary>
    public required string Subject { get; init; }

    /// <summary>What changed, as text; null when the action says it all.</summary>
    public string? Detail { get; init; }

    public static AuditEntry Of(Instant now, Caller caller, string venueId, string action, string subject, string? detail = null) =>
        new()
        {
            Id = now.NewId(),
            At = now,
            VenueId = venueId,
            UserId = caller.UserId,
            Action = action,
            Subject = subject,
            Detail = detail,
        };

    public static void Map(EntityTypeBuilder<AuditEntry> entry)
    {
        entry.ToTable("audit_log").HasKey(e => new { e.VenueId, e.Id });
    }
}
