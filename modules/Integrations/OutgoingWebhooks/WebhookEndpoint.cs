using GraphQL;
using NodaTime;

namespace Integrations.OutgoingWebhooks;

/// <summary>An address of another system to which the venue's events are sent, signed by the Standard Webhooks convention
/// (https://www.standardwebhooks.com). Its secret is shown once.</summary>
internal sealed class WebhookEndpoint(WebhookEndpointRow row)
{
    /// <summary>The endpoint's id, a version-7 UUID.</summary>
    public Guid Id => row.Id;

    [Ignore]
    public string VenueId => row.VenueId;

    /// <summary>The address to which events are posted.</summary>
    public string Url => row.Url;

    /// <summary>The types of events that are sent, e.g. membership.unlocked.</summary>
    public IReadOnlyList<string> Types => row.Types;

    /// <summary>Whether events are sent. False after somebody has switched the endpoint off, and after it has failed for five
    /// days.</summary>
    public bool Enabled => row.Enabled;

    /// <summary>Since when deliveries have failed without a success between; null while they succeed.</summary>
    public Instant? FailingSince => row.FailingSince;

    /// <summary>When the endpoint was created.</summary>
    public Instant CreatedAt => row.CreatedAt;
}
