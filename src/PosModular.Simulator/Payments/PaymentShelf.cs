namespace PosModular.Simulator.Payments;

/// <summary>
/// The payments of one location in order of their time and id, so that a page out of a million costs no more than its own
/// rows. Guarded by the ledger's lock.
/// </summary>
internal sealed class PaymentShelf
{
    public SortedSet<Place> ByCreation { get; } = [];

    public SortedSet<Place> ByUpdate { get; } = [];

    public void Put(Payment payment)
    {
        ByCreation.Add(new Place(payment.CreatedAt, payment.Id));
        ByUpdate.Add(new Place(payment.UpdatedAt, payment.Id));
    }

    public void Take(Payment payment)
    {
        ByCreation.Remove(new Place(payment.CreatedAt, payment.Id));
        ByUpdate.Remove(new Place(payment.UpdatedAt, payment.Id));
    }

    /// <summary>Where a payment stands in a list; ids are compared byte by byte, whatever the machine's language.</summary>
    internal readonly record struct Place(DateTimeOffset At, string Id) : IComparable<Place>
    {
        public static Place FirstAt(DateTimeOffset at) => new(at, "");

        public static Place LastAt(DateTimeOffset at) => new(at, "\uffff");

        public int CompareTo(Place other) => At.CompareTo(other.At) is var byTime and not 0 ? byTime : string.CompareOrdinal(Id, other.Id);
    }
}
