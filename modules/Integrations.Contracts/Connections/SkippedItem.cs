namespace Integrations.Contracts.Connections;

/// <summary>The kind of object of which a part or all could not be read.</summary>
public enum SkippedKind
{
    /// <summary>A payment, or an order or check that contains payments.</summary>
    Payment,

    /// <summary>A refund.</summary>
    Refund,

    /// <summary>An order that supplies the breakdown of its payments.</summary>
    Order,
}

/// <summary>An object of a page that could not be read, or of which a part could not be read.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Reason">Its id and what could not be read.</param>
/// <param name="IsPartial">True when the object is used all the same, without that part.</param>
public sealed record SkippedItem(SkippedKind Kind, string Reason, bool IsPartial = false);
