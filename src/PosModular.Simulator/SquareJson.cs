using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PosModular.Simulator;

/// <summary>Writes what Square writes. The same object always gives the same bytes, for they are signed.</summary>
internal static class SquareJson
{
    /// <summary>Square sends &lt; and &gt; as they are; so must the bytes that are signed.</summary>
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One object.</summary>
    public static ReadOnlyMemory<byte> WriteObject(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(bytes, WriterOptions))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }

    public static IResult Response(Action<Utf8JsonWriter> write) => Results.Bytes(WriteObject(write), "application/json");

    /// <summary>Minor units and ISO 4217.</summary>
    public static void WriteMoney(this Utf8JsonWriter json, string name, long amount, string currency)
    {
        json.WriteStartObject(name);
        json.WriteNumber("amount", amount);
        json.WriteString("currency", currency);
        json.WriteEndObject();
    }
}
