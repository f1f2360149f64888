using System.Text;
using System.Text.Json;
using GraphQL;
using GraphQL.Transport;
using Microsoft.Net.Http.Headers;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.Http;

/// <summary>
/// Reads a GraphQL request from a GET or POST. A POST must be application/json, which a browser sends to another site only after a CORS
/// preflight, so a form on a foreign page cannot run mutations here.
/// </summary>
internal sealed class HttpRequestReader(ResultSerializer serializer)
{
    /// <exception cref="InvalidRequestException">Carries the status of the response: 400, 413 or 415.</exception>
    /// <exception cref="ExecutionError">UNAVAILABLE: too many large requests are running or waiting.</exception>
    public ValueTask<GraphQLRequest> ReadAsync(HttpRequest request, LargeMessage size, CancellationToken cancellationToken) =>
        HttpMethods.IsGet(request.Method) ? new(FromQueryString(request.Query)) : FromBodyAsync(request, size, cancellationToken);

    private GraphQLRequest FromQueryString(IQueryCollection parameters)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, ResultSerializer.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var name in (string[])["query", "documentId", "operationName"])
            {
                if (parameters[name] is [{ } text])
                    writer.WriteString(name, text);
            }

            foreach (var name in (string[])["variables", "extensions"])
            {
                if (parameters[name] is [{ Length: > 0 } text])
                    WriteJson(writer, name, text);
            }

            writer.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
        return GraphQLRequestParser.Parse(document.RootElement, serializer);
    }

    private static void WriteJson(Utf8JsonWriter writer, string name, string text)
    {
        try
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(text);
        }
        catch (JsonException exception)
        {
            throw new InvalidRequestException($"\"{name}\" is not valid JSON: {exception.Message}");
        }
    }

    private async ValueTask<GraphQLRequest> FromBodyAsync(HttpRequest request, LargeMessage size, CancellationToken cancellationToken)
    {
        if (!IsJson(request.ContentType))
            throw new InvalidRequestException(
                "POST a GraphQL request with Content-Type: application/json (in UTF-8).",
                StatusCodes.Status415UnsupportedMediaType
            );

        var reader = request.BodyReader;
        var body = await RequestBodyReader.ReadAsync(request, size, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(body);
            return GraphQLRequestParser.Parse(document.RootElement, serializer);
        }
        catch (JsonException exception)
        {
            throw new InvalidRequestException($"The body is not valid JSON: {exception.Message}");
        }
        finally
        {
            reader.AdvanceTo(body.End);
        }
    }

    private static bool IsJson(string? contentType)
    {
        if (contentType == ResponseFormat.ApplicationJson)
            return true;
        return MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.MediaType.Equals(ResponseFormat.ApplicationJson, StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Encoding == Encoding.UTF8);
    }
}
