using System.Diagnostics;
using System.Text;
using GraphQL;
using GraphQL.Execution;
using Npgsql;
using PosModular.Kernel.Data;

namespace PosModular.Host.GraphQL.Errors;

/// <summary>
/// What callers may hear. An error raised with a code passes; anything else is a fault of ours and becomes INTERNAL with a
/// trace id, written to the log once per answer; a database that is away becomes UNAVAILABLE, since trying again helps.
/// </summary>
internal sealed class ErrorMask(ILogger<ErrorMask> log)
{
    /// <summary>Masks the errors of an answer in place.</summary>
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

    /// <summary>The same for an exception that escaped, such as the end of an event stream.</summary>
    public ExecutionErrors FromException(Exception exception)
    {
        var result = new ExecutionResult(exception as ExecutionError ?? new UnhandledError("", exception));
        Apply(result);
        return result.Errors!;
    }

    /// <summary>GraphQL.NET derives a code from the exception's type for what resolvers throw; that code means nothing to a caller.</summary>
    private static bool IsFault(ExecutionError error) => error is UnhandledError || (error.Code is null && error is not DocumentError);

    private static ExecutionError Masked(ExecutionError error, string traceId)
    {
        // A NUL (SQLSTATE 22021) or half a surrogate pair in an id or a name, whichever field it came in by.
        if (
            error.InnerException?.GetBaseException()
            is PostgresException { SqlState: PostgresErrorCodes.CharacterNotInRepertoire }
                or EncoderFallbackException
        )
            return new ExecutionError("The input holds a character that cannot be stored. Leave it out.")
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
        log.Log(level, cause, "GraphQL fault at {Path}, {Count} in the same answer, trace {TraceId}", path, count, traceId);
    }

    private static string TraceId() => (Activity.Current?.TraceId ?? ActivityTraceId.CreateRandom()).ToHexString();
}
