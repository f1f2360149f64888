using System.Text.Json;
using GraphQL.Transport;
using PosModular.Host.GraphQL.Execution;
using PosModular.Host.GraphQL.Http;

namespace PosModular.Host.GraphQL.WebSockets;

/// <summary>The messages of clients (graphql-transport-ws, PROTOCOL.md, "Message types"). They do not refer to the received
/// bytes.</summary>
internal abstract record ClientMessage
{
    internal sealed record Init(string? Authorization) : ClientMessage;

    internal sealed record Subscribe(string Id, GraphQLRequest Request) : ClientMessage;

    internal sealed record Complete(string Id) : ClientMessage;

    /// <summary><paramref name="Payload"/> is JSON and is sent back unchanged.</summary>
    internal sealed record Ping(string? Payload) : ClientMessage;

    internal sealed record Pong : ClientMessage;

    /// <exception cref="WebSocketCloseException">4400, with the fault in the message.</exception>
    public static ClientMessage Parse(ReadOnlyMemory<byte> bytes, ResultSerializer serializer)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return Parse(document.RootElement, serializer);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Invalid("it is not valid JSON");
        }
        catch (InvalidRequestException exception)
        {
            throw Invalid(exception.Message);
        }
    }

    private static ClientMessage Parse(JsonElement message, ResultSerializer serializer)
    {
        if (message.ValueKind != JsonValueKind.Object)
            throw Invalid("it is not an object");

        var hasPayload = message.TryGetProperty("payload", out var payload);
        return (message.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null) switch
        {
            "connection_init" => new Init(hasPayload ? AuthorizationIn(payload) : null),
            "subscribe" => new Subscribe(
                IdOf(message),
                hasPayload ? GraphQLRequestParser.Parse(payload, serializer) : throw Invalid("subscribe has no payload")
            ),
            "complete" => new Complete(IdOf(message)),
            "ping" => new Ping(hasPayload ? payload.GetRawText() : null),
            "pong" => new Pong(),
            _ => throw Invalid("its type is unknown"),
        };
    }

    private static string IdOf(JsonElement message) =>
        message.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 } text
            ? text
            : throw Invalid("its id is not a string");

    /// <summary>The key is compared without regard to case, like the name of a header.</summary>
    private static string? AuthorizationIn(JsonElement payload)
    {
        if (payload.ValueKind == JsonValueKind.Null)
            return null;
        if (payload.ValueKind != JsonValueKind.Object)
            throw Invalid("its payload is not an object");

        foreach (var property in payload.EnumerateObject())
        {
            if (
                property.Name.Equals("authorization", StringComparison.OrdinalIgnoreCase)
                && property.Value.ValueKind == JsonValueKind.String
            )
                return property.Value.GetString();
        }

        return null;
    }

    private static WebSocketCloseException Invalid(string reason) => new(WebSocketCloseException.BadRequest, $"Invalid message: {reason}");
}
