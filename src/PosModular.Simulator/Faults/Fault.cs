namespace PosModular.Simulator.Faults;

/// <summary>
/// Bad weather for calls of the API. The first fault that matches applies: it waits, then answers with <see cref="Status"/> or
/// cuts the connection; with neither, the call goes on after the wait, and its answer may be cut or slow. On Toast's paths the
/// error has Toast's body.
/// </summary>
public sealed record Fault
{
    /// <summary>Start of the path, e.g. <c>/v2/payments</c>; everything when left out.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Only this method; any when left out.</summary>
    public string? Method { get; init; }

    /// <summary>401, 403, 404, 429, 500, …</summary>
    public int? Status { get; init; }

    /// <summary>Square's error code, or the number of Toast's; the usual one of the status when left out.</summary>
    public string? Code { get; init; }

    /// <summary>Sent along, e.g. Retry-After.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Milliseconds to wait first.</summary>
    public int DelayMs { get; init; }

    /// <summary>Ends the connection without an answer.</summary>
    public bool AbortConnection { get; init; }

    /// <summary>The answer begins as it would, and after so many bytes of its body the connection is cut.</summary>
    public int? AbortAfterBytes { get; init; }

    /// <summary>The answer's head and half of its body come at once, the rest so many milliseconds later.</summary>
    public int BodyDelayMs { get; init; }

    /// <summary>Lets so many matching calls pass first, e.g. 1 for a fault on the second page.</summary>
    public int Skip { get; init; }

    /// <summary>Strikes so often, then is spent; without end when left out.</summary>
    public int? Times { get; init; }
}

/// <summary>A fault that was switched on.</summary>
/// <param name="Id">To switch it off by.</param>
/// <param name="Fault">What it does.</param>
/// <param name="Matched">Calls it matched, those it skipped included.</param>
public sealed record ActiveFault(int Id, Fault Fault, int Matched);
