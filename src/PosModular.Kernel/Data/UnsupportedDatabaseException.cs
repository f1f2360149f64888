namespace PosModular.Kernel.Data;

/// <summary>The database was migrated by an older version from which there is no upgrade. The message is one line that says what to
/// do.</summary>
#pragma warning disable CA1032 // It always names the schema and the migration.
public sealed class UnsupportedDatabaseException(string schema, string migration)
    : Exception(
        $"The database was made by an older version without an upgrade path: {schema}.__EFMigrationsHistory lists {migration}, which "
            + "this version does not know. In development, delete the data (rm -rf .data) and start again; otherwise restore a dump "
            + "made by this version, or point ConnectionStrings__Pos to an empty database."
    );
