namespace PosModular.Host.GraphQL.WebSockets;

/// <summary>The peer violated the protocol or is not authorised: the socket closes with this code and reason.</summary>
internal sealed class WebSocketCloseException(int code, string reason) : Exception(reason)
{
    public int Code { get; } = code;

    // graphql-transport-ws, PROTOCOL.md.
    public const int BadRequest = 4400;
    public const int Unauthorized = 4401;
    public const int Forbidden = 4403;
    public const int SubprotocolNotAcceptable = 4406;
    public const int InitTimeout = 4408;
    public const int SubscriberAlreadyExists = 4409;
    public const int TooManyRequests = 4429;

    // RFC 6455 §7.4.1.
    public const int NormalClosure = 1000;
    public const int GoingAway = 1001;
    public const int MessageTooBig = 1009;
    public const int InternalError = 1011;
    public const int TryAgainLater = 1013;
}
