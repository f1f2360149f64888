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

        return new GraphQLRequest
        {
            Query = ReadString(request, "query") ?? throw new InvalidRequestException("\"query\" is missing."),
            OperationName = ReadString(request, "operationName"),
            Variables = ReadInputs(request, "variables", serializer),
            Extensions = ReadInputs(request, "extensions", serializer),
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

        try
        {
            return serializer.ReadInputs(value);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new InvalidRequestException($"\"{name}\" cannot be read: {exception.Message}");
        }
    }
}
