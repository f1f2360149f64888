using System.Diagnostics;
using System.Text;
using GraphQL;
using GraphQL.Execution;
using Npgsql;
using PosModular.Kernel.Data;

namespace PosModular.Host.GraphQL.Errors;

/// <summary>
/// Decides which errors callers see. An error with a code passes. Any other error becomes INTERNAL, or UNAVAILABLE when the database cannot
/// answer now and a retry helps; both carry a trace id, which is logged once per response.
/// </summary>
internal sealed class ErrorMask(ILogger<ErrorMask> log)
{
    /// <summary>Masks the errors of a response in place.</summary>
    public void Apply(ExecutionResult result)
    {
        if (result.Errors is not { Count: > 0 } errors)
            return;

        var faults = errors.Where(IsFault).ToList();
        if (faults.Count == 0)
            return;

        var traceId = TraceId();
        Log(faults[0], faults.Count, traceId);

        var masked = new ExecutionErrors();
        foreach (var error in errors)
            masked.Add(IsFault(error) ? Masked(error, traceId) : error);
        result.Errors = masked;
    }

    /// <summary>Masks an exception that was not part of a result, such as one that ended an event stream.</summary>
    public ExecutionErrors FromException(Exception exception)
    {
        var result = new ExecutionResult(exception as ExecutionError ?? new UnhandledError("", exception));
        Apply(result);
        return result.Errors!;
    }

    /// <summary>For exceptions of resolvers GraphQL.NET derives a code from their type, which means nothing to callers.</summary>
    private static bool IsFault(ExecutionError error) => error is UnhandledError || (error.Code is null && error is not DocumentError);

    private static ExecutionError Masked(ExecutionError error, string traceId)
    {
        // Some input contained a NUL character (SQLSTATE 22021) or half a surrogate pair.
        if (
            error.InnerException?.GetBaseException()
            is PostgresException { SqlState: PostgresErrorCodes.CharacterNotInRepertoire }
                or EncoderFallbackException
        )
            return new ExecutionError("The input contains a character that cannot be stored, such as NUL. Remove it.")
            {
                Code = ErrorCodes.InvalidInput,
                Path = error.Path,
            };
        var isUnavailable = error.InnerException?.IsDatabaseUnavailable() ?? false;
        var masked = new ExecutionError(isUnavailable ? "The database cannot answer now. Try again." : "Internal error")
        {
            Code = isUnavailable ? ErrorCodes.Unavailable : ErrorCodes.Internal,
            Path = error.Path,
            Extensions = new Dictionary<string, object?> { ["traceId"] = traceId },
        };
        foreach (var location in error.Locations ?? [])
            masked.AddLocation(location);
        return masked;
    }

    private void Log(ExecutionError first, int count, string traceId)
    {
        var cause = first.InnerException ?? first;
        var level =
            cause is OperationCanceledException ? LogLevel.Information
            : cause.IsDatabaseUnavailable() ? LogLevel.Warning
            : LogLevel.Error;
        var path = first.Path is null ? "(operation)" : string.Join('.', first.Path);
        log.Log(level, cause, "GraphQL request failed at {Path}; {Count} internal errors, trace {TraceId}", path, count, traceId);
    }

    private static string TraceId() => (Activity.Current?.TraceId ?? ActivityTraceId.CreateRandom()).ToHexString();
}
