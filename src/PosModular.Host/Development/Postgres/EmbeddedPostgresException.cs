namespace PosModular.Host.Development.Postgres;

/// <summary>The embedded PostgreSQL cannot be used. The message is one line that says what to do and is printed as the reason for not
/// starting.</summary>
internal sealed class EmbeddedPostgresException(string message, Exception? inner = null) : Exception(message, inner);
