namespace PosModular.Simulator.Requests;

/// <summary>One call of the API. Headers are not kept, so no token is either.</summary>
/// <param name="At">When it came in.</param>
/// <param name="Method">GET, POST, …</param>
/// <param name="Path">Without the query.</param>
/// <param name="Query">With its question mark, or empty.</param>
/// <param name="Status">What was answered; 0 while it is open, and for a connection that was cut.</param>
public sealed record RecordedRequest(DateTimeOffset At, string Method, string Path, string Query, int Status);
