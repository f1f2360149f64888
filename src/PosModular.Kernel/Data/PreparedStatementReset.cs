using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace PosModular.Kernel.Data;

/// <summary>
/// Forgets the prepared statements of a connection on which PostgreSQL refused a statement. Npgsql 10.0.3 prepares a statement
/// automatically while it executes it for the third time. If PostgreSQL prepares it and then refuses its values, Npgsql keeps it as
/// prepared without knowing which columns it returns, and the next execution of the same statement, by whoever gets the connection from
/// the pool, fails with "Received unexpected backend message".
/// </summary>
internal sealed class PreparedStatementReset : DbCommandInterceptor, IDbConnectionInterceptor
{
    public static readonly PreparedStatementReset Instance = new();

    // The statements are forgotten when the connection is closed, because in a failed transaction nothing but its end is accepted.
    private readonly ConditionalWeakTable<DbConnection, object> _refused = [];

    public override void CommandFailed(DbCommand command, CommandErrorEventData eventData) => Remember(eventData);

    public override Task CommandFailedAsync(
        DbCommand command,
        CommandErrorEventData eventData,
        CancellationToken cancellationToken = default
    )
    {
        Remember(eventData);
        return Task.CompletedTask;
    }

    public InterceptionResult ConnectionClosing(DbConnection connection, ConnectionEventData eventData, InterceptionResult result)
    {
        Forget(connection);
        return result;
    }

    public ValueTask<InterceptionResult> ConnectionClosingAsync(
        DbConnection connection,
        ConnectionEventData eventData,
        InterceptionResult result
    )
    {
        Forget(connection);
        return new(result);
    }

    private void Remember(CommandErrorEventData failure)
    {
        if (failure.Exception is PostgresException && failure.Connection is { } connection)
            _refused.AddOrUpdate(connection, failure);
    }

    private void Forget(DbConnection connection)
    {
        if (!_refused.Remove(connection) || connection is not NpgsqlConnection { FullState: System.Data.ConnectionState.Open } open)
            return;
        try
        {
            open.UnprepareAll();
        }
        catch (NpgsqlException)
        {
            // The connection is broken, so the pool drops it.
        }
    }
}
