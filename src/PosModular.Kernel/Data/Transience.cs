using Npgsql;

namespace PosModular.Kernel.Data;

/// <summary>Which database errors pass by themselves, and which are the data's own fault.</summary>
/// <remarks>Source: PostgreSQL docs, Appendix A (error codes): class 08 connection, 40 transaction rollback, 53 resources, 55P03 lock not
/// available, 57P01–57P05 operator intervention; 22 data exception and 23 integrity violation.</remarks>
public static class Transience
{
    /// <summary>Trying the same again may succeed: connection lost, server starting or stopping, deadlock, serialization failure.</summary>
    public static bool IsTransient(this Exception error) => error switch
    {
        PostgresException p => p.SqlState[..2] is "08" or "40" or "53" || p.SqlState is "55P03" or "57P01" or "57P02" or "57P03" or "57P05",
        NpgsqlException or IOException or TimeoutException or ObjectDisposedException => true,
        _ => error.InnerException?.IsTransient() ?? false,
    };

    /// <summary>A deadlock or a serialization failure: the database is well, the same again at once will do.</summary>
    public static bool IsContention(this Exception error) => error is PostgresException { SqlState: "40P01" or "40001" };
}
