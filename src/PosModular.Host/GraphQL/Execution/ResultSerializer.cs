using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using GraphQL;
using GraphQL.SystemTextJson;
using PosModular.Host.GraphQL.Errors;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// GraphQL.NET's serializer, extended to write a result into a WebSocket message or directly into the pipe of a response, without a
/// string or a stream in between.
/// </summary>
internal sealed class ResultSerializer() : GraphQLSerializer(indent: false, new ErrorFormatter())
{
    /// <summary>Writes € and quotes unescaped, because the JSON is never embedded in a page.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Write(Utf8JsonWriter writer, ExecutionResult result) => JsonSerializer.Serialize(writer, result, SerializerOptions);

    public void Write(Utf8JsonWriter writer, ExecutionErrors errors) => JsonSerializer.Serialize(writer, errors, SerializerOptions);

    public void Write(IBufferWriter<byte> output, ExecutionResult result)
    {
        using var writer = new Utf8JsonWriter(output, ResultSerializer.WriterOptions);
        Write(writer, result);
    }

    /// <exception cref="JsonException">The element is not an object.</exception>
    public Inputs ReadInputs(JsonElement element) => element.Deserialize<Inputs>(SerializerOptions) ?? Inputs.Empty;
}
