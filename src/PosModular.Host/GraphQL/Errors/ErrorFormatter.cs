using GraphQL;
using GraphQL.Execution;

namespace PosModular.Host.GraphQL.Errors;

/// <summary>
/// Formats errors: the message, <c>extensions.code</c> and the extensions of the error. A query that does not parse or validate is wrong
/// input, so all rule codes of GraphQL.NET become INVALID_INPUT. <see cref="ErrorMask"/> has masked internal errors before; the message of
/// one that escaped it is withheld here.
/// </summary>
internal sealed class ErrorFormatter : IErrorInfoProvider
{
    public ErrorInfo GetInfo(ExecutionError executionError)
    {
        var extensions = new Dictionary<string, object?> { ["code"] = CodeOf(executionError) };
        foreach (var (key, value) in executionError.Extensions ?? [])
            extensions.TryAdd(key, value);
        return new ErrorInfo { Message = PublicMessage.Of(executionError), Extensions = extensions };
    }

    private static string CodeOf(ExecutionError error) =>
        error switch
        {
            UnhandledError => ErrorCodes.Internal,
            DocumentError => ErrorCodes.InvalidInput,
            _ => error.Code ?? ErrorCodes.Internal,
        };
}
