using System.Data.Common;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace Ingestion.Ledger;

/// <summary>The columns of rows that travel to PostgreSQL as one array per column and are expanded there by <c>unnest</c>. Each column is
/// described once: its name, its type, how it is written and how it is read. SQL text, parameters and readers all follow from that
/// description.</summary>
internal sealed class ColumnSet<TRow>
{
    private readonly List<Column<TRow>> _columns = [];

    /// <summary>The column names, separated by commas: <c>id, venue_id, …</c></summary>
    public string Names => Join(c => c.Name);

    public int Count => _columns.Count;

    /// <param name="name">The column's name in PostgreSQL. Its type follows from <typeparamref name="TValue"/>.</param>
    /// <param name="value">What a row writes into the column.</param>
    /// <param name="isFixed">Whether updates leave the column as it was inserted.</param>
    public Column<TRow, TValue> Add<TValue>(string name, Func<TRow, TValue> value, bool isFixed = false)
    {
        var column = new Column<TRow, TValue>(name, _columns.Count, value, isFixed);
        _columns.Add(column);
        return column;
    }

    /// <summary>The same as <see cref="Add"/>, for a column that is only written.</summary>
    public ColumnSet<TRow> With<TValue>(string name, Func<TRow, TValue> value)
    {
        Add(name, value);
        return this;
    }

    /// <summary><c>t.id, t.venue_id, …</c></summary>
    public string NamesOf(string alias) => Join(c => $"{alias}.{c.Name}");

    /// <summary><c>$1::uuid[], $2::text[], …</c></summary>
    /// <param name="firstParameter">The number of the first parameter.</param>
    public string Arrays(int firstParameter = 1) => Join(c => $"${firstParameter + c.Ordinal}::{c.SqlType}[]");

    /// <summary><c>status = u.status, …</c> for every column that is not fixed.</summary>
    public string Assignments(string source) =>
        string.Join(", ", _columns.Where(c => !c.IsFixed).Select(c => $"{c.Name} = {source}.{c.Name}"));

    public void AddParameters(NpgsqlBatchCommand command)
    {
        foreach (var column in _columns)
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | column.DbType });
    }

    public void SetParameters(NpgsqlBatchCommand command, IReadOnlyList<TRow> rows, int firstIndex = 0)
    {
        foreach (var column in _columns)
            command.Parameters[firstIndex + column.Ordinal].Value = column.Values(rows);
    }

    private string Join(Func<Column<TRow>, string> text) => string.Join(", ", _columns.Select(text));

    /// <summary>The values that a row writes, by column name.</summary>
    internal IReadOnlyDictionary<string, object?> ValuesOf(TRow row) =>
        _columns.ToDictionary(c => c.Name, c => c.Values([row]).GetValue(0));
}

/// <summary>One column of a <see cref="ColumnSet{TRow}"/>.</summary>
internal abstract class Column<TRow>(string name, int ordinal, Type type, bool isFixed)
{
    private static readonly Dictionary<Type, (string Sql, NpgsqlDbType Db)> Types = new()
    {
        [typeof(Guid)] = ("uuid", NpgsqlDbType.Uuid),
        [typeof(string)] = ("text", NpgsqlDbType.Text),
        [typeof(short)] = ("smallint", NpgsqlDbType.Smallint),
        [typeof(int)] = ("int", NpgsqlDbType.Integer),
        [typeof(long)] = ("bigint", NpgsqlDbType.Bigint),
        [typeof(bool)] = ("boolean", NpgsqlDbType.Boolean),
        [typeof(Instant)] = ("timestamptz", NpgsqlDbType.TimestampTz),
        [typeof(byte[])] = ("bytea", NpgsqlDbType.Bytea),
    };

    private readonly (string Sql, NpgsqlDbType Db) _type = Types[Nullable.GetUnderlyingType(type) ?? type];

    public string Name => name;
    public int Ordinal => ordinal;
    public bool IsFixed => isFixed;
    public string SqlType => _type.Sql;
    public NpgsqlDbType DbType => _type.Db;

    public abstract Array Values(IReadOnlyList<TRow> rows);
}

/// <summary>A column that knows the type of its values.</summary>
internal sealed class Column<TRow, TValue>(string name, int ordinal, Func<TRow, TValue> value, bool isFixed)
    : Column<TRow>(name, ordinal, typeof(TValue), isFixed)
{
    public override Array Values(IReadOnlyList<TRow> rows)
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(rows[i]);
        return values;
    }

    /// <summary>Reads the column from a row that was selected with <see cref="ColumnSet{TRow}.NamesOf"/>.</summary>
    public TValue Read(DbDataReader row) =>
        default(TValue) is null && row.IsDBNull(Ordinal) ? default! : row.GetFieldValue<TValue>(Ordinal);
}
