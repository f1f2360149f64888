namespace Integrations.Contracts.Webhooks;

/// <summary>Metrics of outgoing webhooks.</summary>
public static class OutgoingWebhookMetrics
{
    /// <summary>Name of the meter with the gauge <c>pos.webhooks.pending</c>.</summary>
    public const string MeterName = "PosModular.OutgoingWebhooks";
}
