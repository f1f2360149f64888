using System.Collections.Concurrent;

namespace PosModular.Simulator.Requests;

/// <summary>What was asked of Square's and Toast's API (never of <c>/_sim</c>): the last 100,000 calls and the number of all.</summary>
public sealed class RequestLog
{
    private const int Kept = 100_000;
    private readonly ConcurrentQueue<Entry> entries = new();
    private readonly ConcurrentQueue<Entry> paymentWrites = new();
    private long total;

    /// <summary>All calls since the start or the last <see cref="Clear"/>.</summary>
    public long Total => Interlocked.Read(ref total);

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Requests => [.. entries.Select(e => e.Seen)];

    /// <summary>Every attempt to write to <c>/v2/payments</c>, however long ago; empty as long as the product only reads.</summary>
    public IReadOnlyList<RecordedRequest> PaymentWrites => [.. paymentWrites.Select(e => e.Seen)];

    /// <summary>Forgets the calls, <see cref="PaymentWrites"/> included.</summary>
    public void Clear()
    {
        entries.Clear();
        paymentWrites.Clear();
        Interlocked.Exchange(ref total, 0);
    }

    internal Entry Open(DateTimeOffset at, HttpRequest request)
    {
        var entry = new Entry(new RecordedRequest(at, request.Method, request.Path.ToString(), request.QueryString.ToString(), 0));
        Interlocked.Increment(ref total);
        entries.Enqueue(entry);
        if (entries.Count > Kept) entries.TryDequeue(out _);
        if (request.Path.StartsWithSegments("/v2/payments", StringComparison.OrdinalIgnoreCase) && !HttpMethods.IsGet(request.Method)) paymentWrites.Enqueue(entry);
        return entry;
    }

    /// <summary>A call and, once known, its answer.</summary>
    internal sealed class Entry(RecordedRequest seen)
    {
        public RecordedRequest Seen { get; private set; } = seen;

        public void Answered(int status) => Seen = Seen with { Status = status };
    }
}
