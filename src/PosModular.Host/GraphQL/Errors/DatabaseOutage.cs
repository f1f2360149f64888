using Npgsql;

namespace PosModular.Host.GraphQL.Errors;

/// <summary>
/// Tells an outage of PostgreSQL from a fault of ours, by walking to the root cause (EF Core wraps it once or twice).
/// </summary>
internal static class DatabaseOutage
{
    public static bool IsCauseOf(Exception? exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                // An HTTP client's timeout is a cancellation with a TimeoutException inside: not the database.
                case OperationCanceledException:
                    return false;
                case PostgresException answer:
                    return IsOutage(answer.SqlState);
                case NpgsqlException or TimeoutException:
                    return true;
            }
        }

        return false;
    }

    /// <summary>
    /// PostgreSQL docs, Appendix A: class 08 connection exceptions, 53300 too many connections, 57P01–57P03 shutting down,
    /// crashed, starting up. Every other answer came from a server that is there.
    /// </summary>
    private static bool IsOutage(string sqlState) =>
        sqlState.StartsWith("08", StringComparison.Ordinal) || sqlState is "53300" or "57P01" or "57P02" or "57P03";
}
