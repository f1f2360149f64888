using System.Text.Json;
using GraphQL.Transport;

namespace PosModular.Host.GraphQL;

/// <summary>What a client may say (graphql-transport-ws, PROTOCOL.md, "Message types"). Nothing here refers to the bytes it was read from.</summary>
internal abstract record SocketMessage
{
    internal sealed record Init(string? Authorization) : SocketMessage;

    internal sealed record Subscribe(string Id, GraphQLRequest Request) : SocketMessage;

    internal sealed record Complete(string Id) : SocketMessage;

    /// <summary><paramref name="Payload"/> is JSON, sent back as it came.</summary>
    internal sealed record Ping(string? Payload) : SocketMessage;

    internal sealed record Pong : SocketMessage;

    /// <exception cref="SocketClosure">4400, with what is wrong.</exception>
    public static SocketMessage Read(ReadOnlyMemory<byte> bytes, ResultJson json)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return Read(document.RootElement, json);
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

    private static SocketMessage Read(JsonElement message, ResultJson json)
    {
        if (message.ValueKind != JsonValueKind.Object)
            throw Invalid("it is not an object");

        var hasPayload = message.TryGetProperty("payload", out var payload);
        return (message.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null) switch
        {
            "connection_init" => new Init(hasPayload ? AuthorizationIn(payload) : null),
            "subscribe" => new Subscribe(IdOf(message), hasPayload ? RequestJson.Read(payload, json) : throw Invalid("subscribe has no payload")),
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

    /// <summary>Clients write the key as they please: a header's name has no case.</summary>
    private static string? AuthorizationIn(JsonElement payload)
    {
        if (payload.ValueKind == JsonValueKind.Null)
            return null;
        if (payload.ValueKind != JsonValueKind.Object)
            throw Invalid("its payload is not an object");

        foreach (var property in payload.EnumerateObject())
        {
            if (property.Name.Equals("authorization", StringComparison.OrdinalIgnoreCase) && property.Value.ValueKind == JsonValueKind.String)
                return property.Value.GetString();
        }

        return null;
    }

    private static SocketClosure Invalid(string reason) => new(SocketClosure.BadRequest, $"Invalid message: {reason}");
}
