using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PosModular.Simulator.Toast;

/// <summary>Writes JSON as Toast does. The same order always gives the same bytes, because webhook bodies are signed.</summary>
internal static class ToastJson
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Bytes(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(bytes, WriterOptions))
            write(json);
        return bytes.WrittenMemory;
    }

    public static IResult Response(Action<Utf8JsonWriter> write) => Results.Bytes(Bytes(write), "application/json");

    /// <summary>Minor units as a decimal number of currency units, without trailing zeros: 1.06, 42.8, 111.</summary>
    public static void WriteAmount(this Utf8JsonWriter json, string name, long minor, string currency) =>
        json.WriteNumber(name, minor / MinorUnitsPerUnit(currency));

    public static void WriteDate(this Utf8JsonWriter json, string name, DateTimeOffset? at)
    {
        if (at is { } known)
            json.WriteString(name, ToastTime.Format(known));
        else
            json.WriteNull(name);
    }

    public static void WriteBusinessDate(this Utf8JsonWriter json, string name, int? businessDate)
    {
        if (businessDate is { } known)
            json.WriteNumber(name, known);
        else
            json.WriteNull(name);
    }

    /// <summary>Starts an object with guid, entityType and externalId, as all of Toast's objects do.</summary>
    public static void WriteEntityStart(this Utf8JsonWriter json, Guid guid, string type)
    {
        json.WriteStartObject();
        json.WriteString("guid", guid);
        json.WriteString("entityType", type);
        json.WriteNull("externalId");
    }

    /// <summary>A reference to part of the restaurant's configuration; the same type always gives the same guid.</summary>
    public static void WriteReference(this Utf8JsonWriter json, string name, string type)
    {
        json.WritePropertyName(name);
        json.WriteEntityStart(new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(type)).AsSpan(0, 16)), type);
        json.WriteEndObject();
    }

    public static void WriteDevices(this Utf8JsonWriter json)
    {
        foreach (var name in (string[])["lastModifiedDevice", "createdDevice"])
        {
            json.WriteStartObject(name);
            json.WriteString("id", "175785aa78a7c4dc");
            json.WriteEndObject();
        }
    }

    public static void WriteNulls(this Utf8JsonWriter json, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            json.WriteNull(name);
    }

    /// <summary>An enum value as Toast writes it: GIFTCARD, HOUSE_ACCOUNT.</summary>
    public static string EnumName<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseUpper.ConvertName(value.ToString());

    private static decimal MinorUnitsPerUnit(string currency) =>
        currency switch
        {
            "JPY" or "KRW" or "VND" or "CLP" or "ISK" => 1m,
            "KWD" or "BHD" or "OMR" or "TND" or "JOD" => 1000m,
            _ => 100m,
        };
}
