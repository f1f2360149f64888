namespace PosModular.Benchmarks.Intake;

/// <summary>What the webhooks of a load are.</summary>
/// <param name="HasOrders">Whether each payment has an order, which the host fetches and which adds a version.</param>
/// <param name="HasDuplicates">Whether three of ten webhooks are sent a second time.</param>
/// <param name="HasHotGuest">Whether one of a hundred payments is by the guest with many transactions.</param>
internal sealed record RequestMix(bool HasOrders = false, bool HasDuplicates = false, bool HasHotGuest = false)
{
    /// <summary>The number of the request of which this one is a copy; the same number for an original.</summary>
    public int OriginalOf(int i) => HasDuplicates && i >= 10 && i % 10 < 3 ? i - 7 : i;

    /// <summary>How many of the first requests are copies.</summary>
    public long CountCopies(long requests)
    {
        var copies = 0L;
        for (var i = 0; i < requests; i++)
            if (OriginalOf(i) != i)
                copies++;
        return copies;
    }

    public bool IsOfHotGuest(long i) => HasHotGuest && i % 100 == 0;
}
