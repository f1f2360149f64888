using GraphQL;
using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.Audit;

/// <summary>Who changed what at a venue, and when. Never a secret: only that credentials were given, not which.</summary>
internal sealed class AuditEntry
{
    /// <summary>A version-7 UUID.</summary>
    public Guid Id { get; init; }

    [Ignore]
    public required string VenueId { get; init; }

    /// <summary>When.</summary>
    public Instant At { get; init; }

    /// <summary>Who: the sub claim of the token.</summary>
    [Id]
    public required string UserId { get; init; }

    /// <summary>What was done, named as the mutation, e.g. connectPos.</summary>
    public required string Action { get; init; }

    /// <summary>To what: an id.</summary>
    public required string Subject { get; init; }

    /// <summary>What changed.</summary>
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
