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

    /// <summary>Fields, directives and uses of fragments in a document, with every fragment expanded.</summary>
    public const int MaxFields = 2_000;

    /// <summary>Fields at the top of an operation. Each is a query of its own for the database.</summary>
    public const int MaxRootFields = 50;

    /// <summary>Fields with the same response name in one selection set, and pairs of such fields in a document: validation compares them
    /// pairwise.</summary>
    public const int MaxSameResponseName = 20;
    public const int MaxSameResponseNamePairs = 5_000;

    /// <summary>Values and variables that stand in the text of a document.</summary>
    public const int MaxValues = 1_000;

    /// <summary>The characters of a number, in the text of a query and in JSON. No scalar has more digits than a decimal, which has
    /// 29.</summary>
    public const int MaxNumberCharacters = 40;

    /// <summary>Errors in a response to a request that was refused.</summary>
    public const int MaxErrors = 20;

    /// <summary>Fragments and operations of a document. Validation recurses along fragments, so a chain of thousands would overflow the
    /// stack.</summary>
    public const int MaxDefinitions = 100;

    /// <summary>Uses of <c>__schema</c> and <c>__type</c> in a document. Each returns up to the whole schema.</summary>
    public const int MaxIntrospections = 3;

    /// <summary>Nested lists in an introspection query, as in graphql-js (MaxIntrospectionDepthRule).</summary>
    public const int MaxIntrospectionListDepth = 2;

    /// <summary>A serialized result, in bytes.</summary>
    public const int MaxResponseBytes = 4 * 1024 * 1024;

    /// <summary>Fields of one operation that are resolved at the same time. Each takes a connection of the database.</summary>
    public const int MaxParallelFields = 4;

    /// <summary>Operations that run at the same time on this host, and of one user. With <see cref="MaxParallelFields"/> they take at most
    /// 64 of the 100 connections that Npgsql keeps by default, so that webhooks always find one.</summary>
    public const int MaxRunningOperations = 16;
    public const int MaxRunningOperationsPerUser = 8;

    /// <summary>Operations that wait for a place on this host, and of one user.</summary>
    public const int MaxWaitingOperations = 2_000;
    public const int MaxWaitingOperationsPerUser = 500;

    /// <summary>The time that an operation waits for its place.</summary>
    public static readonly TimeSpan MaxOperationWait = TimeSpan.FromSeconds(10);

    /// <summary>The time in which a client must take a response or an event, up to what the network buffers.</summary>
    public static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Cached documents, and the total of their characters.</summary>
    public const int MaxCachedDocuments = 1_000;
    public const int MaxCachedCharacters = 2_000_000;

    /// <summary>Concurrent operations on one WebSocket. Each holds at most one unsent message.</summary>
    public const int MaxOperationsPerSocket = 100;

    /// <summary>Open WebSockets of this host, those of one user, and those that have not said yet who they are.</summary>
    public const int MaxSockets = 20_000;
    public const int MaxSocketsPerUser = 2_000;
    public const int MaxUninitialisedSockets = 500;

    /// <summary>Requests and WebSocket messages of more than <see cref="LargeMessageBytes"/> at the same time. What has arrived of one is
    /// kept while the rest arrives, and a request also while it waits and runs.</summary>
    public const int MaxLargeMessages = 64;
    public const int LargeMessageBytes = 64 * 1024;

    /// <summary>The first message of a WebSocket, in bytes. It carries a token of at most 16 KB.</summary>
    public const int MaxInitMessageBytes = 32 * 1024;

    /// <summary>Time for the first message of a WebSocket (connectionInitWaitTimeout in graphql-transport-ws).</summary>
    public static readonly TimeSpan ConnectionInitTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Proxies close idle connections after some 30 to 60 s.</summary>
    public static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(12);

    /// <summary>A peer that neither reads a message nor responds to a ping for this long is disconnected.</summary>
    public static readonly TimeSpan PeerTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Time for a peer to respond to our close frame.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);
}
