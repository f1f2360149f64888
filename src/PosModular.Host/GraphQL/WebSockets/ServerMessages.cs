using System.Buffers;
using System.Text;
using System.Text.Json;
using GraphQL;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.WebSockets;

/// <summary>The messages of the server in graphql-transport-ws, as bytes.</summary>
internal static class ServerMessages
{
    public static readonly ReadOnlyMemory<byte> Ack = """{"type":"connection_ack"}"""u8.ToArray();

    public static ReadOnlyMemory<byte> Pong(string? payload) =>
        Encoding.UTF8.GetBytes(payload is null ? """{"type":"pong"}""" : $$"""{"type":"pong","payload":{{payload}}}""");

    public static ReadOnlyMemory<byte> Next(string id, ExecutionResult result, ResultSerializer serializer) =>
        Build(id, "next", writer => serializer.Write(writer, result));

    public static ReadOnlyMemory<byte> Error(string id, ExecutionErrors errors, ResultSerializer serializer) =>
        Build(id, "error", writer => serializer.Write(writer, errors));

    public static ReadOnlyMemory<byte> Complete(string id) => Build(id, "complete", null);

    private static ReadOnlyMemory<byte> Build(string id, string type, Action<Utf8JsonWriter>? payload)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(bytes, ResultSerializer.WriterOptions))
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
