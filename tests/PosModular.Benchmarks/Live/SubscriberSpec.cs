namespace PosModular.Benchmarks.Live;

/// <summary>What the process of the subscribers reads from a file.</summary>
/// <param name="Port">The port of the server on this machine.</param>
/// <param name="Tokens">The sockets use these access tokens in turn.</param>
/// <param name="Sockets">Number of WebSockets.</param>
/// <param name="OperationsPerSocket">Number of subscriptions on each.</param>
/// <param name="Query">The subscription.</param>
/// <param name="Marker">What stands in each event before the number of its payment.</param>
internal sealed record SubscriberSpec(
    int Port,
    IReadOnlyList<string> Tokens,
    int Sockets,
    int OperationsPerSocket,
    string Query,
    string Marker
)
{
    public int Subscriptions => Sockets * OperationsPerSocket;
}
