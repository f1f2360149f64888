namespace PosModular.Simulator.Payments;

/// <summary>
/// The ids of one list (a location's payments, a merchant's refunds) sorted by each sort field and then by id, so that reading a
/// page costs the same however long the list is. Guarded by the ledger's lock.
/// </summary>
internal sealed class ListIndex
{
    private readonly SortedSet<Key>[] _sorted =
    [
        [],
        [],
        [],
    ];

    public SortedSet<Key> SortedBy(SortField field) => _sorted[(int)field];

    public void Add(string id, DateTimeOffset created, DateTimeOffset updated, DateTimeOffset? offline = null)
    {
        SortedBy(SortField.CreatedAt).Add(new Key(created, id));
        SortedBy(SortField.UpdatedAt).Add(new Key(updated, id));
        if (offline is { } at)
            SortedBy(SortField.OfflineCreatedAt).Add(new Key(at, id));
    }

    public void Remove(string id, DateTimeOffset created, DateTimeOffset updated, DateTimeOffset? offline = null)
    {
        SortedBy(SortField.CreatedAt).Remove(new Key(created, id));
        SortedBy(SortField.UpdatedAt).Remove(new Key(updated, id));
        if (offline is { } at)
            SortedBy(SortField.OfflineCreatedAt).Remove(new Key(at, id));
    }

    /// <summary>A position in a list. Ids are compared by ordinal, whatever the culture.</summary>
    internal readonly record struct Key(DateTimeOffset At, string Id) : IComparable<Key>
    {
        public static Key FirstAt(DateTimeOffset at) => new(at, "");

        public static Key LastAt(DateTimeOffset at) => new(at, "\uffff");

        public int CompareTo(Key other) => At.CompareTo(other.At) is var byTime and not 0 ? byTime : string.CompareOrdinal(Id, other.Id);
    }
}

/// <summary>Square's sort_field. OFFLINE_CREATED_AT lists only payments taken offline.</summary>
internal enum SortField
{
    CreatedAt,
    UpdatedAt,
    OfflineCreatedAt,
}
