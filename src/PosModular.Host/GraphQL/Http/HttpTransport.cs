using GraphQL;
using GraphQL.Transport;
using GraphQLParser.AST;
using PosModular.Host.Auth;
using PosModular.Host.GraphQL.Errors;
using PosModular.Host.GraphQL.Execution;
using PosModular.Host.GraphQL.ServerSentEvents;

namespace PosModular.Host.GraphQL.Http;

/// <summary>
/// One GraphQL request over HTTP, by the GraphQL over HTTP specification (GET and POST, Accept negotiation) and, for
/// <c>Accept: text/event-stream</c>, the "distinct connections mode" of graphql-sse.
/// </summary>
internal sealed class HttpTransport(
    BearerTokenValidator tokenValidator,
    HttpRequestReader requestReader,
    HttpResponseWriter responseWriter,
    OperationRunner operations,
    LargeMessages largeMessages,
    EventStreamTransport eventStreams,
    ErrorMask errorMask
)
{
    public async Task ServeAsync(HttpContext context)
    {
        var format = ResponseFormat.FromRequest(context.Request);
        if (!format.IsAcceptable)
        {
            await responseWriter.WriteErrorAsync(
                context,
                StatusCodes.Status406NotAcceptable,
                $"Accept one of {ResponseFormat.GraphQLResponseJson}, {ResponseFormat.ApplicationJson} or {ResponseFormat.TextEventStream}."
            );
            return;
        }

        var caller = await tokenValidator.ValidateAsync(context.Request.Headers.Authorization, context.RequestAborted);
        if (!caller.IsAccepted)
        {
            await WriteFailureAsync(context, format, ErrorCodes.UnauthenticatedError(caller.RefusalReason), StatusCodes.Status200OK);
            return;
        }

        try
        {
            context.User = caller.User;
            await ReadAndRunAsync(context, format, caller);
        }
        catch (InvalidRequestException exception)
        {
            await responseWriter.WriteErrorAsync(context, exception.Status, exception.Message);
        }
        catch (ExecutionError refusal)
        {
            await WriteFailureAsync(context, format, refusal, format.StatusOf(executed: false));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has disconnected, so there is nobody to respond to and nothing to log.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            await responseWriter.WriteAsync(
                context,
                new ExecutionResult { Errors = errorMask.FromException(exception) },
                StatusCodes.Status500InternalServerError,
                ResponseFormat.ApplicationJson
            );
        }
    }

    private async Task ReadAndRunAsync(HttpContext context, ResponseFormat format, BearerTokenResult caller)
    {
        using var size = new LargeMessage(largeMessages);
        var request = await requestReader.ReadAsync(context.Request, size, context.RequestAborted);
        await RunAsync(context, format, request, caller);
    }

    private async Task RunAsync(HttpContext context, ResponseFormat format, GraphQLRequest request, BearerTokenResult caller)
    {
        PreparedOperation operation;
        ExecutionResult? result = null;
        using (await operations.EnterAsync(caller.User!, context.RequestAborted))
        {
            operation = operations.Prepare(request);
            ThrowUnlessAllowed(context, format, operation);
            if (!IsStreamed(format, operation))
                result = await operations.ExecuteOnceAsync(operation, caller.User!, context.RequestAborted);
        }

        if (result is null)
            await eventStreams.RunAsync(context, operation, caller);
        else
            await responseWriter.WriteAsync(context, result, format.StatusOf(result.Executed), format.JsonMediaType!);
    }

    private static bool IsStreamed(ResponseFormat format, PreparedOperation operation) =>
        format.AcceptsOnlyEventStream || operation.Type == OperationType.Subscription;

    private static void ThrowUnlessAllowed(HttpContext context, ResponseFormat format, PreparedOperation operation)
    {
        if (operation.Type == OperationType.Mutation && HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = HttpMethods.Post;
            throw new InvalidRequestException("Mutations must be sent by POST.", StatusCodes.Status405MethodNotAllowed);
        }

        if (operation.Type == OperationType.Subscription && !format.AcceptsEventStream)
            throw ErrorCodes.InvalidInputError(
                "A subscription needs a stream: connect a WebSocket (graphql-transport-ws) to this address, "
                    + "or send Accept: text/event-stream."
            );
    }

    private Task WriteFailureAsync(HttpContext context, ResponseFormat format, ExecutionError error, int status) =>
        format.AcceptsOnlyEventStream
            ? eventStreams.FailAsync(context, error)
            : responseWriter.WriteAsync(context, new ExecutionResult(error), status, format.JsonMediaType!);
}
