namespace PosModular.Simulator.Payments;

/// <summary>
/// What is listed together (a location's payments, a seller's refunds) in order of each of its times and then its id, so that a
/// page out of a million costs no more than its own rows. Guarded by the ledger's lock.
/// </summary>
internal sealed class Shelf
{
    private readonly SortedSet<Place>[] _sorted =
    [
        [],
        [],
        [],
    ];

    public SortedSet<Place> By(SortField field) => _sorted[(int)field];

    public void Put(string id, DateTimeOffset created, DateTimeOffset updated, DateTimeOffset? offline = null)
    {
        By(SortField.CreatedAt).Add(new Place(created, id));
        By(SortField.UpdatedAt).Add(new Place(updated, id));
        if (offline is { } at)
            By(SortField.OfflineCreatedAt).Add(new Place(at, id));
    }

    public void Take(string id, DateTimeOffset created, DateTimeOffset updated, DateTimeOffset? offline = null)
    {
        By(SortField.CreatedAt).Remove(new Place(created, id));
        By(SortField.UpdatedAt).Remove(new Place(updated, id));
        if (offline is { } at)
            By(SortField.OfflineCreatedAt).Remove(new Place(at, id));
    }

    /// <summary>Where something stands in a list; ids are compared byte by byte, whatever the machine's language.</summary>
    internal readonly record struct Place(DateTimeOffset At, string Id) : IComparable<Place>
    {
        public static Place FirstAt(DateTimeOffset at) => new(at, "");

        public static Place LastAt(DateTimeOffset at) => new(at, "\uffff");

        public int CompareTo(Place other) => At.CompareTo(other.At) is var byTime and not 0 ? byTime : string.CompareOrdinal(Id, other.Id);
    }
}

/// <summary>Square's sort_field. By OFFLINE_CREATED_AT only sales taken offline are listed.</summary>
internal enum SortField
{
    CreatedAt,
    UpdatedAt,
    OfflineCreatedAt,
}
