namespace PosModular.Simulator.Toast;

/// <summary>
/// Orders sorted by time of modification, so that any page is found by its number without reading the pages before it. Adding and
/// removing shifts the entries behind, which are few because most changes are recent. Guarded by the ledger's lock.
/// </summary>
internal sealed class ToastOrderIndex
{
    private readonly List<Key> _keys = [];

    public void Add(ToastOrder order)
    {
        var place = new Key(order.ModifiedAt, order.Guid);
        _keys.Insert(~_keys.BinarySearch(place), place);
    }

    public void Remove(ToastOrder order) => _keys.RemoveAt(_keys.BinarySearch(new Key(order.ModifiedAt, order.Guid)));

    /// <summary>
    /// One page (the first is 1) of the orders modified at or after <paramref name="from"/> and before <paramref name="to"/>.
    /// </summary>
    public (IReadOnlyList<Guid> Page, bool More) Page(DateTimeOffset from, DateTimeOffset to, int page, int size)
    {
        var (first, end) = (FirstIndexAt(from), FirstIndexAt(to));
        var begin = Math.Min(end, first + (long)(page - 1) * size);
        var stop = Math.Min(end, begin + size);
        return ([.. _keys[(int)begin..(int)stop].Select(p => p.Guid)], stop < end);
    }

    /// <summary>Index of the first order modified at this time or later.</summary>
    private int FirstIndexAt(DateTimeOffset at) => _keys.BinarySearch(new Key(at, Guid.Empty)) is var index && index < 0 ? ~index : index;

    private readonly record struct Key(DateTimeOffset At, Guid Guid) : IComparable<Key>
    {
        public int CompareTo(Key other) => At.CompareTo(other.At) is var byTime and not 0 ? byTime : Guid.CompareTo(other.Guid);
    }
}
