using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ingestion.Members;

/// <summary>A user id that was merged into another one, which is never merged itself. Whatever comes for the first later is the
/// other's.</summary>
internal sealed class MemberAlias
{
    public required string VenueId { get; init; }
    public required string UserId { get; init; }
    public required string IntoUserId { get; init; }

    public static void Map(EntityTypeBuilder<MemberAlias> alias)
    {
        alias.ToTable("member_aliases").HasKey(a => new { a.VenueId, a.UserId });
        alias.HasIndex(a => new { a.VenueId, a.IntoUserId });
        alias.HasIndex(a => a.UserId);
    }
}
