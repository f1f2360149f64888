using Npgsql;

namespace PosModular.Kernel.Data;

/// <summary>Which database errors pass by themselves, and which are the data's own fault.</summary>
/// <remarks>Source: PostgreSQL docs, Appendix A (error codes): class 08 connection, 25P03 idle in transaction, 40 transaction rollback, 53
/// resources, 55P03 lock not available, 57014 cancelled or timed out, 57P01–57P05 operator intervention; 22 data exception, 23 integrity
/// violation, 54000 an index row too large.</remarks>
public static class DatabaseErrors
{
    /// <summary>Trying the same again may succeed: connection lost, server starting or stopping, deadlock, serialization failure.</summary>
    public static bool IsTransient(this Exception error) =>
        error switch
        {
            PostgresException p => p.SqlState[..2] is "08" or "40" or "53"
                || p.SqlState is "25P03" or "55P03" or "57014" or "57P01" or "57P02" or "57P03" or "57P05",
            NpgsqlException or IOException or TimeoutException or ObjectDisposedException => true,
            _ => error.InnerException?.IsTransient() ?? false,
        };

    /// <summary>The row itself is at fault, whatever the state of the database: it would fail again on any other day.</summary>
    public static bool IsDataError(this Exception error) =>
        error switch
        {
            PostgresException p => p.SqlState.StartsWith("22", StringComparison.Ordinal) || p.SqlState == "54000",
            ArgumentException or OverflowException or FormatException or InvalidCastException => true,
            _ => false,
        };

    /// <summary>The row breaks a rule of the table, or the table has changed under us: only a neighbour that gets through tells which.</summary>
    public static bool IsIntegrityViolation(this Exception error) => error is PostgresException { SqlState: ['2', '3', ..] };

    /// <summary>Somebody else holds a lock for too long.</summary>
    public static bool IsLockTimeout(this Exception error) => error is PostgresException { SqlState: "55P03" };

    /// <summary>A deadlock or a serialization failure: the database is well, the same again at once will do.</summary>
    public static bool IsContention(this Exception error) => error is PostgresException { SqlState: "40P01" or "40001" };
}
