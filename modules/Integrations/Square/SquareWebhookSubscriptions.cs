using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Providers;
using PosModular.Kernel.Errors;

namespace Integrations.Square;

/// <summary>Manages Square's webhook subscriptions. They belong to an application: its personal access token may manage them, but a
/// seller's OAuth token may not.</summary>
/// <remarks>Source: Square docs, Webhooks › Webhook Subscriptions API; API reference, CreateWebhookSubscription and its
/// neighbours.</remarks>
internal sealed class SquareWebhookSubscriptions(SquareApi api, IntegrationsSettings settings) : IWebhookSubscriptions
{
    private const string Path = "/v2/webhooks/subscriptions";

    private static readonly string[] EventTypes =
    [
        "payment.created",
        "payment.updated",
        "refund.created",
        "refund.updated",
        "order.created",
        "order.updated",
        "oauth.authorization.revoked",
    ];

    private static readonly UserError ManagementForbidden = new(
        ErrorCode.PermissionDenied,
        "This access token may not manage webhook subscriptions: Square allows that only to the application's "
            + "personal access token, not to a seller's OAuth token. "
            + "Create the subscription in the Developer Dashboard under Webhooks and pass its signature key.",
        SquareErrors.TokenField
    );

    private static readonly UserError TestForbidden = new(
        ErrorCode.PermissionDenied,
        "This access token may not test webhook subscriptions: Square allows that only to the application's "
            + "personal access token, not to a seller's OAuth token. "
            + "Send a test event from the Developer Dashboard under Webhooks; webhook.lastEventAt then "
            + "shows whether it arrived, and webhook.lastRefusal why it was rejected.",
        SquareErrors.TokenField
    );

    private static readonly UserError NotTestable = new(
        ErrorCode.WebhookValidationFailed,
        "Square no longer has this subscription, or it covers too few event types to be tested. Connect the location "
            + "again with connectPos, or switch its webhook off and on again: updatePosConnection(input: { connectionId, "
            + "enableWebhook })."
    );

    private static readonly UserError UrlRejected = new(
        ErrorCode.WebhookValidationFailed,
        "Square rejects the webhook URL: it must use https and be reachable from the internet. Check " + "Pos__PublicBaseUrl."
    );

    public async Task<ProviderResult<WebhookSubscription>> CreateAsync(
        PosCredentials credentials,
        string notificationUrl,
        string idempotencyKey,
        CancellationToken cancellationToken
    ) =>
        ReadSubscription(
            await api.PostAsync(
                credentials,
                Path,
                new
                {
                    idempotency_key = idempotencyKey,
                    subscription = new
                    {
                        name = "PosModular",
                        event_types = EventTypes,
                        notification_url = notificationUrl,
                        api_version = settings.SquareVersion,
                    },
                },
                cancellationToken
            ),
            keyNeeded: true
        );

    public async Task<ProviderResult<WebhookSubscription>> FindAsync(
        PosCredentials credentials,
        string subscriptionId,
        CancellationToken cancellationToken
    ) => ReadSubscription(await api.GetAsync(credentials, PathOf(subscriptionId), cancellationToken), keyNeeded: true);

    public async Task<ProviderResult<WebhookSubscription>> UpdateUrlAsync(
        PosCredentials credentials,
        string subscriptionId,
        string notificationUrl,
        CancellationToken cancellationToken
    ) =>
        ReadSubscription(
            await api.SendAsync(
                credentials.Environment,
                credentials.AccessToken,
                HttpMethod.Put,
                PathOf(subscriptionId),
                new
                {
                    subscription = new
                    {
                        event_types = EventTypes,
                        notification_url = notificationUrl,
                        enabled = true,
                    },
                },
                cancellationToken
            ),
            keyNeeded: false
        );

    public async Task<ProviderResult<WebhookSubscription>> RotateKeyAsync(
        PosCredentials credentials,
        string subscriptionId,
        CancellationToken cancellationToken
    )
    {
        var answer = await api.PostAsync(credentials, PathOf(subscriptionId) + "/signature-key", new { }, cancellationToken);
        if (answer.Fault is { } fault)
            return Explain(fault);
        using var json = answer.Value!;
        return SquareApi.ReadText(json.RootElement, "signature_key") is { } key
            ? ProviderResult.Success(new WebhookSubscription(subscriptionId, key, null))
            : new ProviderFault(SquareErrors.Unavailable);
    }

    /// <summary>An order event carries only the order's id. Even when a test names an order of the location, there is nothing to
    /// fetch.</summary>
    public string TestEventType => "order.created";

    public async Task<ProviderResult<TestEventDelivery>> SendTestEventAsync(
        PosCredentials credentials,
        string subscriptionId,
        CancellationToken cancellationToken
    )
    {
        var answer = await api.PostWithoutRetryAsync(
            credentials,
            PathOf(subscriptionId) + "/test",
            new { event_type = TestEventType },
            cancellationToken
        );
        if (answer.Fault is { } fault)
            return fault.Error.Code switch
            {
                ErrorCode.PermissionDenied => fault with { Error = TestForbidden },
                ErrorCode.NotFound or ErrorCode.InvalidInput => fault with { Error = NotTestable },
                _ => fault,
            };
        using var json = answer.Value!;
        return json.RootElement.TryGetProperty("subscription_test_result", out var result) && result.ValueKind == JsonValueKind.Object
            // Square does not document what it reports for a URL that does not respond.
            ? ProviderResult.Success(
                new TestEventDelivery(
                    result.TryGetProperty("status_code", out var code)
                    && code.ValueKind == JsonValueKind.Number
                    && code.TryGetInt32(out var status)
                    && status is >= 100 and < 600
                        ? status
                        : null
                )
            )
            : new ProviderFault(SquareErrors.Unavailable);
    }

    public async Task<ProviderFault?> DeleteAsync(PosCredentials credentials, string subscriptionId, CancellationToken cancellationToken)
    {
        var answer = await api.SendAsync(
            credentials.Environment,
            credentials.AccessToken,
            HttpMethod.Delete,
            PathOf(subscriptionId),
            null,
            cancellationToken
        );
        answer.Value?.Dispose();
        return answer.Fault is null or { Error.Code: ErrorCode.NotFound } ? null : Explain(answer.Fault);
    }

    private static string PathOf(string subscriptionId) => $"{Path}/{Uri.EscapeDataString(subscriptionId)}";

    private static ProviderResult<WebhookSubscription> ReadSubscription(ProviderResult<JsonDocument> answer, bool keyNeeded)
    {
        if (answer.Fault is { } fault)
            return Explain(fault);
        using var json = answer.Value!;
        var key = json.RootElement.TryGetProperty("subscription", out var subscription)
            ? SquareApi.ReadText(subscription, "signature_key")
            : null;
        return SquareApi.ReadText(subscription, "id") is { } id && (key is not null || !keyNeeded)
            ? ProviderResult.Success(new WebhookSubscription(id, key, SquareApi.ReadText(subscription, "notification_url")))
            : new ProviderFault(
                new UserError(
                    ErrorCode.WebhookValidationFailed,
                    "Square returned a subscription without its id or signature key. Connect the location again with " + "connectPos."
                )
            );
    }

    private static ProviderFault Explain(ProviderFault fault) =>
        fault.Error.Code switch
        {
            ErrorCode.PermissionDenied => fault with { Error = ManagementForbidden },
            ErrorCode.InvalidInput => fault with { Error = UrlRejected },
            _ => fault,
        };
}
