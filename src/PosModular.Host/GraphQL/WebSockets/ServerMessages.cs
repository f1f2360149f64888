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

    /// <summary>The beginning of a next message, after which the payload and a closing brace follow.</summary>
    public static byte[] NextUpToPayload(string id) =>
        [.. Build(writer => WriteEnvelope(writer, id, "next"u8, null)).Span[..^1], .. ",\"payload\":"u8];

    public static ReadOnlyMemory<byte> Error(string id, ExecutionErrors errors, ResultSerializer serializer) =>
        Build(writer => WriteEnvelope(writer, id, "error"u8, () => serializer.Write(writer, errors)));

    public static ReadOnlyMemory<byte> Complete(string id) => Build(writer => WriteEnvelope(writer, id, "complete"u8, null));

    private static ReadOnlyMemory<byte> Build(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(bytes, ResultSerializer.WriterOptions))
            write(writer);
        return bytes.WrittenMemory;
    }

    private static void WriteEnvelope(Utf8JsonWriter writer, string id, ReadOnlySpan<byte> type, Action? writePayload)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteString("type"u8, type);
        if (writePayload is not null)
        {
            writer.WritePropertyName("payload"u8);
            writePayload();
        }

        writer.WriteEndObject();
    }
}
