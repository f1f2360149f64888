using System.Runtime.InteropServices;
using System.Text.Json;
using GraphQL;
using GraphQL.Transport;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.Http;

/// <summary>
/// The request object that HTTP bodies and <c>subscribe</c> payloads share (GraphQL over HTTP, "Request parameters").
/// Each fault has its own message, because developers of clients read it.
/// </summary>
internal static class GraphQLRequestParser
{
    /// <exception cref="InvalidRequestException">The object is not a GraphQL request.</exception>
    public static GraphQLRequest Parse(JsonElement request, ResultSerializer serializer)
    {
        if (request.ValueKind == JsonValueKind.Array)
            throw new InvalidRequestException(
                "Batches are not accepted. Send one operation per request; HTTP/2 or a WebSocket runs many at once."
            );
        if (request.ValueKind != JsonValueKind.Object)
            throw new InvalidRequestException(
                "A request is a JSON object with \"query\", and optionally \"variables\" and \"operationName\"."
            );

        var query = ReadString(request, "query");
        var extensions = ReadInputs(request, "extensions", serializer);
        var documentId = ReadString(request, "documentId");
        if (query is null && documentId is null && extensions?.ContainsKey("persistedQuery") is not true)
            throw new InvalidRequestException("\"query\" is missing.");
        return new GraphQLRequest
        {
            Query = query,
            DocumentId = documentId,
            OperationName = ReadString(request, "operationName"),
            Variables = ReadInputs(request, "variables", serializer),
            Extensions = extensions,
        };
    }

    private static string? ReadString(JsonElement request, string name)
    {
        if (!request.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            throw new InvalidRequestException($"\"{name}\" must be a string.");

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair or invalid UTF-8, which the JSON parser accepts.
            throw new InvalidRequestException($"\"{name}\" is not valid Unicode text.");
        }
    }

    private static Inputs? ReadInputs(JsonElement request, string name, ResultSerializer serializer)
    {
        if (!request.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.Object)
            throw new InvalidRequestException($"\"{name}\" must be an object.");

        // Reading a number takes time that grows with the square of its digits.
        if (HasLongNumber(value))
            throw new InvalidRequestException($"\"{name}\" contains a number of more than {Limits.MaxNumberCharacters} characters.");

        try
        {
            return serializer.ReadInputs(value);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new InvalidRequestException($"\"{name}\" cannot be read: {exception.Message}");
        }
    }

    private static bool HasLongNumber(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Number => JsonMarshal.GetRawUtf8Value(value).Length > Limits.MaxNumberCharacters,
            JsonValueKind.Array => value.EnumerateArray().Any(HasLongNumber),
            JsonValueKind.Object => value.EnumerateObject().Any(property => HasLongNumber(property.Value)),
            _ => false,
        };
}
