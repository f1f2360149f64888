using PosModular.Host.Development.Postgres;

namespace PosModular.Host.Development;

/// <summary>What the host supplies by itself in Development, so that nothing needs to be set: a database and the keys.</summary>
internal static class DevelopmentDefaults
{
    public static DataDirectory DataDirectory(this WebApplicationBuilder builder) =>
        new(builder.Configuration["Pos:DataDirectory"] ?? ".data");

    /// <summary>Sets POS_ENCRYPTION_KEY to a generated key, in Development and when it is not set.</summary>
    public static void SetEncryptionKey(this WebApplicationBuilder builder)
    {
        if (builder.Environment.IsDevelopment() && string.IsNullOrEmpty(builder.Configuration["POS_ENCRYPTION_KEY"]))
            builder.Configuration["POS_ENCRYPTION_KEY"] = builder.DataDirectory().ReadOrCreateSecret("encryption-key");
    }

    /// <summary>Starts an embedded PostgreSQL, in Development and when no connection string is set; otherwise returns null.</summary>
    public static async Task<EmbeddedPostgres?> StartPostgresAsync(this WebApplicationBuilder builder)
    {
        if (!builder.Environment.IsDevelopment() || !string.IsNullOrEmpty(builder.Configuration.GetConnectionString("Pos")))
            return null;
        using var logging = LoggerFactory.Create(l =>
            l.AddConfiguration(builder.Configuration.GetSection("Logging")).AddSimpleConsole(c => c.SingleLine = true)
        );
        var (directory, logger) = (builder.DataDirectory().PostgresPath, logging.CreateLogger("Postgres"));
        var embedded = await EmbeddedPostgres.StartAsync(directory, logger, CancellationToken.None);
        builder.Configuration["ConnectionStrings:Pos"] = embedded.ConnectionString;
        return embedded;
    }
}
