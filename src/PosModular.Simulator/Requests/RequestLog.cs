using System.Collections.Concurrent;

namespace PosModular.Simulator.Requests;

/// <summary>The last 100,000 calls of Square's and Toast's APIs (not of <c>/_sim</c>), and the number of all calls.</summary>
public sealed class RequestLog
{
    private const int MaxRequestsKept = 100_000;
    private readonly ConcurrentQueue<Entry> _entries = new();
    private readonly ConcurrentQueue<Entry> _paymentWrites = new();
    private long _total;

    /// <summary>All calls since the start or the last <see cref="Clear"/>.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>The recorded calls, oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Requests => [.. _entries.Select(e => e.Request)];

    /// <summary>Every attempt to write to <c>/v2/payments</c>, however long ago. It stays empty as long as the host only reads.</summary>
    public IReadOnlyList<RecordedRequest> PaymentWrites => [.. _paymentWrites.Select(e => e.Request)];

    /// <summary>Deletes the recorded calls, including <see cref="PaymentWrites"/>.</summary>
    public void Clear()
    {
        _entries.Clear();
        _paymentWrites.Clear();
        Interlocked.Exchange(ref _total, 0);
    }

    internal Entry Begin(DateTimeOffset at, HttpRequest request)
    {
        var entry = new Entry(new RecordedRequest(at, request.Method, request.Path.ToString(), request.QueryString.ToString(), 0));
        Interlocked.Increment(ref _total);
        _entries.Enqueue(entry);
        if (_entries.Count > MaxRequestsKept)
            _entries.TryDequeue(out _);
        if (request.Path.StartsWithSegments("/v2/payments", StringComparison.OrdinalIgnoreCase) && !HttpMethods.IsGet(request.Method))
            _paymentWrites.Enqueue(entry);
        return entry;
    }

    /// <summary>A call and, once it is known, its response status.</summary>
    internal sealed class Entry(RecordedRequest request)
    {
        public RecordedRequest Request { get; private set; } = request;

        public void Complete(int status) => Request = Request with { Status = status };
    }
}
