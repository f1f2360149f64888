using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Orders;

/// <summary>An order that is still to be fetched for the breakdown of its payments. The row is written in the same commit as the
/// transaction that needs it.</summary>
internal sealed class OrderFetchRow
{
    public required string VenueId { get; init; }
    public Guid ConnectionId { get; init; }
    public required string OrderId { get; init; }

    /// <summary>When the order is due. A host that claims the row moves this one minute on; it holds the lease as long as the value is
    /// unchanged.</summary>
    public Instant DueAt { get; init; }

    /// <summary>How often the provider was asked and did not know the order. Faults of the provider do not count.</summary>
    public int Attempts { get; init; }

    public static void Map(EntityTypeBuilder<OrderFetchRow> row)
    {
        row.ToTable("order_fetches")
            .HasKey(f => new
            {
                f.VenueId,
                f.ConnectionId,
                f.OrderId,
            });
        // No index on due_at: a connection's rows are few and lie together under the primary key, and every index slows down the group
        // commit.
    }
}
