using GraphQL;
using GraphQL.Execution;

namespace PosModular.Host.GraphQL.Errors;

/// <summary>
/// How an error is printed: message and <c>extensions.code</c>, plus the extensions its author gave it. A query that does not
/// parse or validate is the caller's input, so all of GraphQL.NET's rule codes read INVALID_INPUT. Masking has been
/// done by <see cref="ErrorMask"/>; should a fault slip past it, its message stays here.
/// </summary>
internal sealed class ErrorFormatter : IErrorInfoProvider
{
    public ErrorInfo GetInfo(ExecutionError executionError)
    {
        var extensions = new Dictionary<string, object?> { ["code"] = CodeOf(executionError) };
        foreach (var (key, value) in executionError.Extensions ?? [])
            extensions.TryAdd(key, value);
        return new ErrorInfo
        {
            Message = executionError is UnhandledError ? "Internal error" : executionError.Message,
            Extensions = extensions,
        };
    }

    private static string CodeOf(ExecutionError error) =>
        error switch
        {
            UnhandledError => ErrorCodes.Internal,
            DocumentError => ErrorCodes.InvalidInput,
            _ => error.Code ?? ErrorCodes.Internal,
        };
}
