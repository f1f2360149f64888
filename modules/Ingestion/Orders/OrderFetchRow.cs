using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Orders;

/// <summary>An order that is still to be fetched for the breakdown of its sales. Written in the same commit as the sale that wants it.</summary>
internal sealed class OrderFetchRow
{
    public required string VenueId { get; init; }
    public Guid ConnectionId { get; init; }
    public required string OrderId { get; init; }

    /// <summary>Not before. Whoever takes it up moves it a minute on, which is the lease: at the end the row is his only if it still stands there.</summary>
    public Instant DueAt { get; init; }

    /// <summary>How often the provider was asked and did not know the order; what was the provider's fault does not count.</summary>
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
        // No index by due_at: what a till wants stands together under the key, it is little, and each row is on the way of a sale.
    }
}
