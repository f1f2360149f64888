using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PosModular.Simulator;

/// <summary>Writes JSON as Square does. The same object always gives the same bytes, because webhook bodies are signed.</summary>
internal static class SquareJson
{
    /// <summary>Square does not escape &lt; and &gt;, and the signature covers the exact bytes.</summary>
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one JSON object.</summary>
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

    /// <summary>Writes Square's Money: an amount in minor units and an ISO 4217 currency.</summary>
    public static void WriteMoney(this Utf8JsonWriter json, string name, long amount, string currency)
    {
        json.WriteStartObject(name);
        json.WriteNumber("amount", amount);
        json.WriteString("currency", currency);
        json.WriteEndObject();
    }
}
