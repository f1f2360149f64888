namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// How much one caller may ask at once. Generous to people and IDEs (an introspection query has some 200 fields),
/// small enough that no single request can occupy the host.
/// </summary>
internal static class Limits
{
    /// <summary>Body of a POST or one WebSocket message, in bytes.</summary>
    public const int MaxMessageBytes = 1024 * 1024;

    /// <summary>Text of a query, in characters.</summary>
    public const int MaxQueryCharacters = 100 * 1024;

    /// <summary>Levels of fields, fragments followed.</summary>
    public const int MaxDepth = 15;

    /// <summary>Fields of a document with every fragment written out.</summary>
    public const int MaxFields = 2_000;

    /// <summary>Fragments and operations of a document. Validation recurses along fragments, so a chain of thousands would end the process.</summary>
    public const int MaxDefinitions = 100;

    /// <summary>Lists inside lists of the introspection, as in graphql-js (MaxIntrospectionDepthRule).</summary>
    public const int MaxIntrospectionListDepth = 2;

    /// <summary>Kept documents and their characters together.</summary>
    public const int MaxCachedDocuments = 1_000;
    public const int MaxCachedCharacters = 2_000_000;

    /// <summary>Operations running on one WebSocket. Each holds at most one unsent message.</summary>
    public const int MaxOperationsPerSocket = 100;

    /// <summary>The first message of a WebSocket (graphql-transport-ws: connectionInitWaitTimeout).</summary>
    public static readonly TimeSpan ConnectionInitTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Proxies close silent connections after some 30 to 60 s.</summary>
    public static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(12);

    /// <summary>A peer that has not read a message or answered a ping for this long is gone.</summary>
    public static readonly TimeSpan PeerTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Time for a peer to answer our close frame.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);
}
