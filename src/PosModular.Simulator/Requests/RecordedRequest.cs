namespace PosModular.Simulator.Requests;

/// <summary>One API call. Headers, and with them tokens, are not recorded.</summary>
/// <param name="At">When it was received.</param>
/// <param name="Method">GET, POST, …</param>
/// <param name="Path">Without the query.</param>
/// <param name="Query">With its question mark, or empty.</param>
/// <param name="Status">The response's HTTP status; 0 while the call is in progress and for an aborted connection.</param>
public sealed record RecordedRequest(DateTimeOffset At, string Method, string Path, string Query, int Status);
