using System.Buffers;
using System.Text;
using System.Text.Json;
using GraphQL;

namespace PosModular.Host.GraphQL;

/// <summary>What the host says: the messages of graphql-transport-ws as bytes.</summary>
internal static class SocketText
{
    public static readonly ReadOnlyMemory<byte> Ack = """{"type":"connection_ack"}"""u8.ToArray();

    public static ReadOnlyMemory<byte> Pong(string? payload) =>
        Encoding.UTF8.GetBytes(payload is null ? """{"type":"pong"}""" : $$"""{"type":"pong","payload":{{payload}}}""");

    public static ReadOnlyMemory<byte> Next(string id, ExecutionResult result, ResultJson json) =>
        Message(id, "next", writer => json.Write(writer, result));

    public static ReadOnlyMemory<byte> Error(string id, ExecutionErrors errors, ResultJson json) =>
        Message(id, "error", writer => json.Write(writer, errors));

    public static ReadOnlyMemory<byte> Complete(string id) => Message(id, "complete", null);

    private static ReadOnlyMemory<byte> Message(string id, string type, Action<Utf8JsonWriter>? payload)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(bytes, ResultJson.Readable))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, id);
            writer.WriteString("type"u8, type);
            if (payload is not null)
            {
                writer.WritePropertyName("payload"u8);
                payload(writer);
            }

            writer.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }
}
