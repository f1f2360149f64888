using GraphQL;
using NodaTime;

namespace Integrations.Alerts;

/// <summary>Something at the venue that somebody has to look at.</summary>
internal sealed class Alert(AlertRow row)
{
    [Ignore]
    public long Number => row.Number;

    [Ignore]
    public bool IsOpen => row.ClearedAt is null;

    /// <summary>The alert's id, a version-7 UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>What is wrong: CONNECTION_NEEDS_ATTENTION, CONNECTION_QUIET, RECONCILIATION_DIFFERS, DEAD_LETTERS or
    /// ENDPOINT_FAILING.</summary>
    public string Kind => row.Kind;

    /// <summary>Since when it is wrong.</summary>
    public Instant Since => row.Since;

    /// <summary>What is wrong and what to do, for people.</summary>
    public string Message => row.Message;

    /// <summary>The connection that it is about; null when it is about none.</summary>
    public Guid? ConnectionId => row.ConnectionId;

    /// <summary>The webhook endpoint that it is about; null when it is about none.</summary>
    public Guid? EndpointId => row.EndpointId;

    /// <summary>The business date that it is about; null when it is about none.</summary>
    public LocalDate? BusinessDate => row.BusinessDate;
}
