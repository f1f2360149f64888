using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel;

namespace Integrations.Audit;

/// <summary>Who changed what at a venue, and when. Never a secret: only that credentials were given, not which.</summary>
internal sealed class AuditEntry
{
    public Guid Id { get; init; }
    public required string VenueId { get; init; }
    public Instant At { get; init; }
    public required string UserId { get; init; }
    public required string Action { get; init; }
    public required string Subject { get; init; }
    public string? Detail { get; init; }

    public static AuditEntry Of(Instant now, Caller caller, string venueId, string action, string subject, string? detail = null) => new()
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
