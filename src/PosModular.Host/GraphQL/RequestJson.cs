using System.Text.Json;
using GraphQL;
using GraphQL.Transport;

namespace PosModular.Host.GraphQL;

/// <summary>
/// The request object that HTTP bodies and <c>subscribe</c> payloads share (GraphQL over HTTP, "Request parameters").
/// Each fault has its own sentence, because the reader is a developer with a broken client.
/// </summary>
internal static class RequestJson
{
    /// <exception cref="InvalidRequestException">The object is not a GraphQL request.</exception>
    public static GraphQLRequest Read(JsonElement request, ResultJson json)
    {
        if (request.ValueKind == JsonValueKind.Array)
            throw new InvalidRequestException("Batches are not accepted. Send one operation per request; HTTP/2 or a WebSocket runs many at once.");
        if (request.ValueKind != JsonValueKind.Object)
            throw new InvalidRequestException("A request is a JSON object with \"query\", and optionally \"variables\" and \"operationName\".");

        return new GraphQLRequest
        {
            Query = Text(request, "query") ?? throw new InvalidRequestException("\"query\" is missing."),
            OperationName = Text(request, "operationName"),
            Variables = Map(request, "variables", json),
            Extensions = Map(request, "extensions", json),
        };
    }

    private static string? Text(JsonElement request, string name)
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
            // Half a surrogate pair, or bytes that are no UTF-8: legal to the JSON scanner, not a text.
            throw new InvalidRequestException($"\"{name}\" is not valid Unicode text.");
        }
    }

    private static Inputs? Map(JsonElement request, string name, ResultJson json)
    {
        if (!request.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.Object)
            throw new InvalidRequestException($"\"{name}\" must be an object.");

        try
        {
            return json.ReadInputs(value);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new InvalidRequestException($"\"{name}\" cannot be read: {exception.Message}");
        }
    }
}
