namespace PosModular.Host.Development.Postgres;

/// <summary>The private PostgreSQL cannot be had. The message is one line that says what to do next, fit to be printed as the reason for not starting.</summary>
internal sealed class EmbeddedPostgresException(string message, Exception? inner = null) : Exception(message, inner);
