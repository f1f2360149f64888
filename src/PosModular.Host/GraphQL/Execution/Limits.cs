namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// How much one caller may request at once. The limits are generous for people and IDEs (an introspection query has some 200 fields) and
/// small enough that no single request can monopolise the host.
/// </summary>
internal static class Limits
{
    /// <summary>The body of a POST or one WebSocket message, in bytes.</summary>
    public const int MaxMessageBytes = 1024 * 1024;

    /// <summary>The text of a query, in characters.</summary>
    public const int MaxQueryCharacters = 100 * 1024;

    /// <summary>Nesting levels of fields, with fragments expanded.</summary>
    public const int MaxDepth = 15;

    /// <summary>Fields of a document, with every fragment expanded.</summary>
    public const int MaxFields = 2_000;

    /// <summary>Fragments and operations of a document. Validation recurses along fragments, so a chain of thousands would overflow the
    /// stack.</summary>
    public const int MaxDefinitions = 100;

    /// <summary>Nested lists in an introspection query, as in graphql-js (MaxIntrospectionDepthRule).</summary>
    public const int MaxIntrospectionListDepth = 2;

    /// <summary>Cached documents, and the total of their characters.</summary>
    public const int MaxCachedDocuments = 1_000;
    public const int MaxCachedCharacters = 2_000_000;

    /// <summary>Concurrent operations on one WebSocket. Each holds at most one unsent message.</summary>
    public const int MaxOperationsPerSocket = 100;

    /// <summary>Time for the first message of a WebSocket (connectionInitWaitTimeout in graphql-transport-ws).</summary>
    public static readonly TimeSpan ConnectionInitTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Proxies close idle connections after some 30 to 60 s.</summary>
    public static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(12);

    /// <summary>A peer that neither reads a message nor responds to a ping for this long is disconnected.</summary>
    public static readonly TimeSpan PeerTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Time for a peer to respond to our close frame.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);
}
