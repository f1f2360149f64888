using System.Security.Claims;
using GraphQL;
using GraphQLParser.AST;
using PosModular.Host.Auth;

namespace PosModular.Host.GraphQL;

/// <summary>
/// One GraphQL request over HTTP, by the GraphQL over HTTP specification (GET and POST, Accept negotiation) and, for
/// <c>Accept: text/event-stream</c>, the "distinct connections mode" of graphql-sse.
/// </summary>
internal sealed class HttpExchange(BearerTokens tokens, HttpRequests requests, HttpAnswers answers, Operations operations, EventStreams streams, ErrorMask mask)
{
    public async Task Serve(HttpContext context)
    {
        var format = AnswerFormat.Of(context.Request);
        if (!format.Acceptable)
        {
            await answers.Refuse(context, StatusCodes.Status406NotAcceptable, $"Accept one of {AnswerFormat.Response}, {AnswerFormat.Classic} or {AnswerFormat.Stream}.");
            return;
        }

        var caller = await tokens.Read(context.Request.Headers.Authorization, context.RequestAborted);
        if (!caller.Accepted)
        {
            await Fail(context, format, ErrorCodes.UnauthenticatedError(caller.Problem), StatusCodes.Status200OK);
            return;
        }

        try
        {
            context.User = caller.User;
            var request = await requests.Read(context.Request, context.RequestAborted);
            await Run(context, format, operations.Prepare(request), caller);
        }
        catch (InvalidRequestException exception)
        {
            await answers.Refuse(context, exception.Status, exception.Message);
        }
        catch (ExecutionError refusal)
        {
            await Fail(context, format, refusal, format.StatusOf(executed: false));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller hung up; there is nobody to answer and nothing to log.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            await answers.Write(context, new ExecutionResult { Errors = mask.Of(exception) }, StatusCodes.Status500InternalServerError, AnswerFormat.Classic);
        }
    }

    private Task Run(HttpContext context, AnswerFormat format, PreparedOperation operation, TokenVerdict caller)
    {
        if (operation.Type == OperationType.Mutation && HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = HttpMethods.Post;
            return answers.Refuse(context, StatusCodes.Status405MethodNotAllowed, "Mutations must be sent by POST.");
        }

        if (format.OnlyEventStream || (format.EventStream && operation.Type == OperationType.Subscription))
            return streams.Run(context, operation, caller);

        if (operation.Type == OperationType.Subscription)
            throw ErrorCodes.InvalidInputError("A subscription needs a stream: connect a WebSocket (graphql-transport-ws) to this address, or send Accept: text/event-stream.");

        return Once(context, format, operation, caller.User!);
    }

    private async Task Once(HttpContext context, AnswerFormat format, PreparedOperation operation, ClaimsPrincipal user)
    {
        var result = await operations.Once(operation, user, context.RequestAborted);
        await answers.Write(context, result, format.StatusOf(result.Executed), format.Json!);
    }

    private Task Fail(HttpContext context, AnswerFormat format, ExecutionError error, int status) =>
        format.OnlyEventStream
            ? streams.Fail(context, error)
            : answers.Write(context, new ExecutionResult(error), status, format.Json!);
}
