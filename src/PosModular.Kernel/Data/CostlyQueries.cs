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
            return await RunAsync(advice, query);
        }
        finally
        {
            db.Database.SetCommandTimeout(null);
        }
    }

    /// <summary>Executes this command. Throws INVALID_INPUT when it takes longer than <see cref="Timeout"/>.</summary>
    /// <param name="command">The command.</param>
    /// <param name="advice">What the caller can do to make it cheaper, as a sentence.</param>
    /// <param name="query">Executes the command and reads its rows.</param>
    public static Task<T> BoundedAsync<T>(this NpgsqlCommand command, string advice, Func<Task<T>> query)
    {
        command.CommandTimeout = (int)Timeout.TotalSeconds;
        return RunAsync(advice, query);
    }

    private static async Task<T> RunAsync<T>(string advice, Func<Task<T>> query)
    {
        try
        {
            return await query();
        }
        catch (Exception e) when (IsTimeout(e))
        {
            throw ApiError.InvalidInput($"This takes longer than {Timeout.TotalSeconds:0} seconds. {advice}");
        }
    }

    private static bool IsTimeout(Exception? error) =>
        error is NpgsqlException { InnerException: TimeoutException } || (error?.InnerException is { } inner && IsTimeout(inner));
}
