using GraphQL;
using PosModular.Host.GraphQL.Errors;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.Http;

/// <summary>Writes results and errors as one JSON body, so that a GraphQL client always receives JSON.</summary>
internal sealed class HttpResponseWriter(ResultSerializer serializer)
{
    public async Task WriteAsync(HttpContext context, ExecutionResult result, int status, string contentType)
    {
        using var body = serializer.Serialize(result);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType =
            contentType == ResponseFormat.ApplicationJson
                ? "application/json; charset=utf-8"
                : "application/graphql-response+json; charset=utf-8";
        // Responses depend on the caller and become outdated.
        response.Headers.CacheControl = "no-store";
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteOrAbortAsync(context, body.Written);
    }

    public Task WriteErrorAsync(HttpContext context, int status, string message, string code = ErrorCodes.InvalidInput) =>
        WriteAsync(context, new ExecutionResult(new ExecutionError(message) { Code = code }), status, ResponseFormat.ApplicationJson);
}
