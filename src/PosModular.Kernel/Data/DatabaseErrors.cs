using Npgsql;

namespace PosModular.Kernel.Data;

/// <summary>The one classification of database errors: which pass by themselves, and which are the fault of the data.</summary>
/// <remarks>Source: PostgreSQL documentation, Appendix A (error codes). Transient: class 08 connection, 25P03 idle in transaction, 40
/// transaction rollback, 53 resources, 55P03 lock not available, 57014 statement cancelled or timed out, 57P01 to 57P05 operator
/// intervention. The fault of the data: 22 data exception, 23 integrity violation, 54000 an index row too large.</remarks>
public static class DatabaseErrors
{
    /// <summary>The database or the network failed for a passing reason, so the same attempt may succeed later. A cancelled call is not
    /// transient: somebody stopped waiting for it.</summary>
    public static bool IsTransient(this Exception error) =>
        error switch
        {
            OperationCanceledException => false,
            // A connection that breaks while it is in use also shows as one of these.
            IOException or ObjectDisposedException => true,
            _ => error.IsDatabaseUnavailable() || (error.InnerException?.IsTransient() ?? false),
        };

    /// <summary>PostgreSQL, or its driver, says that it cannot do this now: it is unreachable or overloaded, or it ended the transaction
    /// in favour of another. Looks through the exceptions that EF Core wraps around the cause.</summary>
    public static bool IsDatabaseUnavailable(this Exception error) =>
        error switch
        {
            // The timeout of an HTTP client is a cancellation with a TimeoutException inside.
            OperationCanceledException => false,
            PostgresException p => p.SqlState[..2] is "08" or "40" or "53"
                || p.SqlState is "25P03" or "55P03" or "57014" or "57P01" or "57P02" or "57P03" or "57P05",
            NpgsqlException or TimeoutException => true,
            _ => error.InnerException?.IsDatabaseUnavailable() ?? false,
        };

    /// <summary>The row itself is at fault, whatever the state of the database: it would fail on any other day, too.</summary>
    public static bool IsDataError(this Exception error) =>
        error switch
        {
            PostgresException p => p.SqlState.StartsWith("22", StringComparison.Ordinal) || p.SqlState == "54000",
            ArgumentException or OverflowException or FormatException or InvalidCastException => true,
            _ => false,
        };

    /// <summary>Either the row breaks a rule of the table, or the table has been changed by a newer version. Only a neighbouring row that
    /// succeeds tells which.</summary>
    public static bool IsIntegrityViolation(this Exception error) => error is PostgresException { SqlState: ['2', '3', ..] };

    /// <summary>Somebody else holds a lock for too long.</summary>
    public static bool IsLockTimeout(this Exception error) => error is PostgresException { SqlState: "55P03" };

    /// <summary>A deadlock or a serialization failure: the database is well, and an immediate retry succeeds.</summary>
    public static bool IsContention(this Exception error) => error is PostgresException { SqlState: "40P01" or "40001" };
}
