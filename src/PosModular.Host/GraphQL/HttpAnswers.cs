using GraphQL;

namespace PosModular.Host.GraphQL;

/// <summary>Writes results and refusals as one JSON body. Whatever happens, a GraphQL client finds JSON with <c>errors</c> in it.</summary>
internal sealed class HttpAnswers(ResultJson json)
{
    public Task Write(HttpContext context, ExecutionResult result, int status, string contentType)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType == AnswerFormat.Classic ? "application/json; charset=utf-8" : "application/graphql-response+json; charset=utf-8";
        // Answers depend on who asks and are never stale-safe.
        response.Headers.CacheControl = "no-store";
        json.Write(response.BodyWriter, result);
        return response.BodyWriter.FlushAsync(context.RequestAborted).AsTask();
    }

    public Task Refuse(HttpContext context, int status, string message, string code = ErrorCodes.InvalidInput) =>
        Write(context, new ExecutionResult(new ExecutionError(message) { Code = code }), status, AnswerFormat.Classic);
}
