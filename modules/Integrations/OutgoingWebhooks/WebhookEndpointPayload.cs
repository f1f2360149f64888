using PosModular.Kernel.Errors;

namespace Integrations.OutgoingWebhooks;

/// <summary>The result of creating, changing, testing or deleting an endpoint.</summary>
/// <param name="Endpoint">The endpoint; null when nothing was changed.</param>
/// <param name="Secret">The secret that signs from now on, whsec_…; shown once, at creation and rotation.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record WebhookEndpointPayload(WebhookEndpoint? Endpoint, string? Secret, IReadOnlyList<UserError> Errors)
{
    public static UserError NoSuchEndpoint { get; } =
        new(
            ErrorCode.NotFound,
            "There is no endpoint with this id, or you may not see it. List those of a venue with venue { webhookEndpoints { id } }.",
            "endpointId"
        );

    public static UserError Disabled { get; } =
        new(
            ErrorCode.Conflict,
            "The endpoint is disabled. Enable it first: updateWebhookEndpoint(input: { endpointId, enabled: true }).",
            "endpointId"
        );

    public static WebhookEndpointPayload Of(WebhookEndpointRow row, string? secret = null) => new(new WebhookEndpoint(row), secret, []);

    public static WebhookEndpointPayload Failed(UserError error) => new(null, null, [error]);
}
