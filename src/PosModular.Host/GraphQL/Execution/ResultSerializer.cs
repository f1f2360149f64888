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

    public void Write(Utf8JsonWriter writer, ExecutionErrors errors) => JsonSerializer.Serialize(writer, errors, SerializerOptions);

    /// <summary>Serializes a result, or in its place an error where it is larger than a response may be. The caller disposes the
    /// buffer.</summary>
    public LimitedBuffer Serialize(ExecutionResult result)
    {
        var buffer = new LimitedBuffer(Limits.MaxResponseBytes);
        try
        {
            Write(buffer, result);
        }
        catch (Exception exception) when (exception.GetBaseException() is ResultTooLargeException)
        {
            buffer.Clear();
            Write(buffer, TooLarge());
        }

        return buffer;
    }

    private void Write(LimitedBuffer buffer, ExecutionResult result)
    {
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        try
        {
            JsonSerializer.Serialize(writer, result, SerializerOptions);
        }
        catch
        {
            writer.Reset(); // Disposing would write the rest of what is dropped.
            throw;
        }
    }

    private static ExecutionResult TooLarge() =>
        new(
            ErrorCodes.InvalidInputError(
                $"The result is larger than {Limits.MaxResponseBytes / 1024 / 1024} MB. Ask for fewer fields or for smaller pages."
            )
        );

    /// <exception cref="JsonException">The element is not an object.</exception>
    public Inputs ReadInputs(JsonElement element) => element.Deserialize<Inputs>(SerializerOptions) ?? Inputs.Empty;
}
