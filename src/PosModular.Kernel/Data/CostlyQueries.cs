using Microsoft.EntityFrameworkCore;
using Npgsql;
using PosModular.Kernel.Errors;

namespace PosModular.Kernel.Data;

/// <summary>Bounds queries whose cost depends on what the caller asks for.</summary>
public static class CostlyQueries
{
    /// <summary>The time that each statement of such a query may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>Runs a query of this context. Throws INVALID_INPUT when one of its statements takes longer than <see
    /// cref="Timeout"/>.</summary>
    /// <param name="db">The context.</param>
    /// <param name="advice">What the caller can do to make the query cheaper, as a sentence.</param>
    /// <param name="query">The query.</param>
    public static async Task<T> BoundedAsync<T>(this DbContext db, string advice, Func<Task<T>> query)
    {
        db.Database.SetCommandTimeout(Timeout);
        try
        {
            return await query();
        }
        catch (Exception e) when (IsTimeout(e))
        {
            throw ApiError.InvalidInput($"This takes longer than {Timeout.TotalSeconds:0} seconds. {advice}");
        }
        finally
        {
            db.Database.SetCommandTimeout(null);
        }
    }

    private static bool IsTimeout(Exception? error) =>
        error is NpgsqlException { InnerException: TimeoutException } || (error?.InnerException is { } inner && IsTimeout(inner));
}
