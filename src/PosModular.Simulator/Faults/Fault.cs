namespace PosModular.Simulator.Faults;

/// <summary>
/// A fault that API calls run into. The first fault that matches applies: it waits, then responds with <see cref="Status"/> or
/// aborts the connection; with neither, the call proceeds after the wait, and its response may be truncated or slow. On Toast's
/// paths the error has Toast's body.
/// </summary>
public sealed record Fault
{
    /// <summary>Path prefix to match, e.g. <c>/v2/payments</c>; every path by default.</summary>
    public string Path { get; init; } = "/";

    /// <summary>HTTP method to match; null: any.</summary>
    public string? Method { get; init; }

    /// <summary>HTTP status to respond with, e.g. 429 or 500, or 200 with a <see cref="Body"/>; null: the call proceeds.</summary>
    public int? Status { get; init; }

    /// <summary>Square's error code or Toast's numeric one; null: the status' usual code.</summary>
    public string? Code { get; init; }

    /// <summary>JSON to respond with instead of the usual error, whatever the status; null: the usual error.</summary>
    public string? Body { get; init; }

    /// <summary>Response headers of the error, e.g. Retry-After.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Milliseconds to wait before anything else.</summary>
    public int DelayMs { get; init; }

    /// <summary>Whether the connection is aborted without a response.</summary>
    public bool AbortConnection { get; init; }

    /// <summary>The normal response starts, and the connection is aborted after this many bytes of its body; null: it is not.</summary>
    public int? AbortAfterBytes { get; init; }

    /// <summary>Milliseconds between the first half of the response body and the second.</summary>
    public int BodyDelayMs { get; init; }

    /// <summary>Number of matching calls that proceed normally first, e.g. 1 for a fault on the second page.</summary>
    public int Skip { get; init; }

    /// <summary>How many calls the fault affects before it is used up; null: all.</summary>
    public int? Times { get; init; }
}

/// <summary>A fault that was added.</summary>
/// <param name="Id">Identifies it for removal.</param>
/// <param name="Fault">What it does.</param>
/// <param name="Matched">Number of calls it matched, including the skipped ones.</param>
public sealed record ActiveFault(int Id, Fault Fault, int Matched);
