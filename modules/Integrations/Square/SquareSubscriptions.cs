using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts;
using PosModular.Kernel;

namespace Integrations.Square;

/// <summary>Square's webhook subscriptions. They belong to an application: its personal access token may manage them, a seller's OAuth token may not.</summary>
/// <remarks>Source: Square docs, Webhooks › Webhook Subscriptions API; API reference, CreateWebhookSubscription and its neighbours.</remarks>
internal sealed class SquareSubscriptions(SquareApi api, IntegrationsSettings settings) : IPosSubscriptions
{
    private const string Path = "/v2/webhooks/subscriptions";

    private static readonly string[] EventTypes =
        ["payment.created", "payment.updated", "refund.created", "refund.updated", "order.created", "order.updated", "oauth.authorization.revoked"];

    private static readonly UserError MayNot = new(ErrorCode.PermissionDenied,
        "This access token may not manage webhook subscriptions: Square allows it to the application's personal access token only, not to a seller's OAuth token. " +
        "Make the subscription in the Developer Dashboard under Webhooks and pass its signature key.", SquareErrors.TokenField);

    private static readonly UserError BadAddress = new(ErrorCode.WebhookValidationFailed,
        "Square refuses the webhook's address: it must be https and reachable from outside. Check Pos__PublicBaseUrl.");

    public async Task<Fetched<Subscription>> MakeAsync(PosCredentials credentials, string notificationUrl, string idempotencyKey, CancellationToken ct) =>
        Read(await api.PostAsync(credentials, Path, new
        {
            idempotency_key = idempotencyKey,
            subscription = new { name = "PosModular", event_types = EventTypes, notification_url = notificationUrl, api_version = settings.SquareVersion },
        }, ct), keyNeeded: true);

    public async Task<Fetched<Subscription>> FindAsync(PosCredentials credentials, string subscriptionId, CancellationToken ct) =>
        Read(await api.GetAsync(credentials, Of(subscriptionId), ct), keyNeeded: true);

    public async Task<Fetched<Subscription>> MoveAsync(PosCredentials credentials, string subscriptionId, string notificationUrl, CancellationToken ct) =>
        Read(await api.SendAsync(credentials.Environment, credentials.AccessToken, HttpMethod.Put, Of(subscriptionId), new
        {
            subscription = new { event_types = EventTypes, notification_url = notificationUrl, enabled = true },
        }, ct), keyNeeded: false);

    public async Task<Fetched<Subscription>> RotateKeyAsync(PosCredentials credentials, string subscriptionId, CancellationToken ct)
    {
        var answer = await api.PostAsync(credentials, Of(subscriptionId) + "/signature-key", new { }, ct);
        if (answer.Fault is { } fault)
            return Refused(fault);
        using var json = answer.Value!;
        return SquareApi.Text(json.RootElement, "signature_key") is { } key ? Fetched.Of(new Subscription(subscriptionId, key, null)) : new FetchFault(SquareErrors.Away);
    }

    public async Task<FetchFault?> DeleteAsync(PosCredentials credentials, string subscriptionId, CancellationToken ct)
    {
        var answer = await api.SendAsync(credentials.Environment, credentials.AccessToken, HttpMethod.Delete, Of(subscriptionId), null, ct);
        answer.Value?.Dispose();
        return answer.Fault is null or { Error.Code: ErrorCode.NotFound } ? null : Refused(answer.Fault);
    }

    private static string Of(string subscriptionId) => $"{Path}/{Uri.EscapeDataString(subscriptionId)}";

    private static Fetched<Subscription> Read(Fetched<JsonDocument> answer, bool keyNeeded)
    {
        if (answer.Fault is { } fault)
            return Refused(fault);
        using var json = answer.Value!;
        var key = json.RootElement.TryGetProperty("subscription", out var subscription) ? SquareApi.Text(subscription, "signature_key") : null;
        return SquareApi.Text(subscription, "id") is { } id && (key is not null || !keyNeeded)
            ? Fetched.Of(new Subscription(id, key, SquareApi.Text(subscription, "notification_url")))
            : new FetchFault(new UserError(ErrorCode.WebhookValidationFailed, "Square has a subscription but did not tell its key. Connect the till again."));
    }

    private static FetchFault Refused(FetchFault fault) => fault.Error.Code switch
    {
        ErrorCode.PermissionDenied => fault with { Error = MayNot },
        ErrorCode.InvalidInput => fault with { Error = BadAddress },
        _ => fault,
    };
}
