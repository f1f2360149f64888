using Npgsql;
using NpgsqlTypes;

namespace PosModular.Kernel.Data;

/// <summary>Positional parameters ($1, $2, …) for SQL commands, in the order in which the statement numbers them.</summary>
/// <remarks>A single array is passed as <c>[values]</c>; passed bare it would be spread over several parameters.</remarks>
public static class SqlParameters
{
    public static NpgsqlCommand AddValues(this NpgsqlCommand command, params ReadOnlySpan<object> values)
    {
        Add(command.Parameters, values);
        return command;
    }

    public static NpgsqlBatchCommand AddValues(this NpgsqlBatchCommand command, params ReadOnlySpan<object> values)
    {
        Add(command.Parameters, values);
        return command;
    }

    /// <summary>Appends a statement with its values to a batch.</summary>
    public static NpgsqlBatch AddCommand(this NpgsqlBatch batch, string sql, params ReadOnlySpan<object> values)
    {
        batch.BatchCommands.Add(new NpgsqlBatchCommand(sql).AddValues(values));
        return batch;
    }

    /// <summary>A value that may be null. PostgreSQL cannot infer the type of a null, so it is given.</summary>
    public static NpgsqlParameter Nullable(NpgsqlDbType type, object? value) =>
        new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };

    /// <summary>An array whose elements, or which itself, may be null.</summary>
    public static NpgsqlParameter NullableArray(NpgsqlDbType elementType, Array? values) =>
        Nullable(NpgsqlDbType.Array | elementType, values);

    private static void Add(NpgsqlParameterCollection parameters, ReadOnlySpan<object> values)
    {
        foreach (var value in values)
            parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
    }
}
