using System.Buffers;
using System.Text.Json;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Ingestion.Webhooks;

/// <summary>Receives the providers' webhook events. Square sends them to a connection's own route or to the general one, Toast to a
/// connection's own. The response is, in this order: 413 if the body is too large; 403 if the signature is missing or wrong or there is no
/// such connection; 200 for every event that is stored, even if it is ignored or failed; 503 with Retry-After while it cannot be stored, so
/// that the provider sends it again.</summary>
/// <remarks>Sources: Square docs, Webhooks › Overview: every response but 2xx is retried for 24 hours. Toast developer guide,
/// apiTimeouts: a response is due within 2 seconds; apiRetrySupport: events are sent again on 5xx; devOrdersWebhookRef: bodies can exceed
/// 600 KB.</remarks>
internal sealed class WebhookEndpoint(IWebhookVerifier verifier, WebhookWriteQueue queue, IClock clock)
{
    private const int Megabyte = 1024 * 1024;
    private const int MaxDiscardedBytes = 64 * 1024;
    private static readonly ProviderRoute Square = new(Provider.Square, "x-square-hmacsha256-signature", Megabyte, null);
    private static readonly ProviderRoute Toast = new(Provider.Toast, "Toast-Signature", 2 * Megabyte, TimeSpan.FromSeconds(1.8));

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/pos/webhooks/square", (RequestDelegate)(http => HandleAsync(http, Square, null)));
        routes.MapPost("/api/pos/webhooks/square/{connectionId}", ForConnection(Square));
        routes.MapPost("/api/pos/webhooks/toast/{connectionId}", ForConnection(Toast));
    }

    private RequestDelegate ForConnection(ProviderRoute route) =>
        http =>
            Guid.TryParse((string?)http.GetRouteValue("connectionId"), out var id)
                ? HandleAsync(http, route, id)
                : RespondForbiddenAsync(http);

    private async Task HandleAsync(HttpContext http, ProviderRoute route, Guid? connectionId)
    {
        string? signature = http.Request.Headers[route.SignatureHeader];
        WebhookVerification verification;
        byte[]? body = null;
        try
        {
            // What the headers already give away is refused before the body is read.
            if (
                !(http.Request.ContentLength > route.MaxBodyBytes)
                && !await verifier.CanBeGenuineAsync(route.Provider, connectionId, signature, http.RequestAborted)
            )
            {
                await RespondForbiddenAsync(http);
                return;
            }

            body = await ReadBodyAsync(http.Request, route.MaxBodyBytes, http.RequestAborted);
            if (body is null)
            {
                await RespondTooLargeAsync(http, route);
                return;
            }

            verification = await verifier.VerifyAsync(
                new WebhookRequest(route.Provider, connectionId, signature, http.Request.GetEncodedUrl(), body),
                http.RequestAborted
            );
        }
        catch (Exception e) when (e.IsTransient())
        {
            await RespondUnavailableAsync(http);
            return;
        }

        if (verification == WebhookVerification.Undecided)
            await RespondUnavailableAsync(http);
        else if (!verification.IsGenuine)
            await RespondForbiddenAsync(http);
        else if (await queue.EnqueueAsync(ToBatchItem(route.Provider, verification, body), route.Timeout))
            http.Response.StatusCode = StatusCodes.Status200OK;
        else
            await RespondUnavailableAsync(http);
    }

    private BatchItem ToBatchItem(Provider provider, WebhookVerification verification, byte[] body)
    {
        var (webhook, connection) = (verification.Event!, verification.Connection);
        var (status, reason) = WebhookEventRow.Evaluate(verification);
        var now = clock.Now();
        var row = new WebhookEventRow
        {
            Id = now.NewId(),
            VenueId = connection?.VenueId ?? WebhookEventRow.UnroutedVenueId,
            ConnectionId = connection?.ConnectionId ?? Guid.Empty,
            EventId = webhook.EventId ?? UnusableEvent.HashOf(body),
            Provider = provider,
            Type = webhook.Type ?? "unknown",
            Status = status,
            Reason = reason,
            ReceivedAt = now,
            Attempts = 1,
            Payload = body,
        };
        return status == WebhookEventStatus.Processed
            ? BatchItem.Of(connection!, webhook.Observations!, VersionCause.Webhook, row.EventId, row)
            : BatchItem.EventOnly(row);
    }

    private static async ValueTask<byte[]?> ReadBodyAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        if (request.ContentLength > maxBytes)
            return null;
        if (request.ContentLength is { } length)
        {
            var exact = new byte[length];
            await request.Body.ReadExactlyAsync(exact, cancellationToken);
            return exact;
        }
        while (true)
        {
            var webhook = await request.BodyReader.ReadAsync(cancellationToken);
            if (webhook.Buffer.Length > maxBytes || webhook.IsCompleted)
            {
                var body = webhook.Buffer.Length > maxBytes ? null : webhook.Buffer.ToArray();
                request.BodyReader.AdvanceTo(webhook.Buffer.End);
                return body;
            }
            request.BodyReader.AdvanceTo(webhook.Buffer.Start, webhook.Buffer.End);
        }
    }

    private static Task RespondForbiddenAsync(HttpContext http)
    {
        // The server would read and discard the rest of a large body to keep the connection.
        if (http.Request.ContentLength is null or > MaxDiscardedBytes)
            http.Response.Headers.Connection = "close";
        return RespondAsync(
            http,
            StatusCodes.Status403Forbidden,
            "WEBHOOK_VALIDATION_FAILED",
            "The signature is missing or does not fit this address and key, or there is no such connection."
        );
    }

    private static Task RespondTooLargeAsync(HttpContext http, ProviderRoute route) =>
        RespondAsync(
            http,
            StatusCodes.Status413PayloadTooLarge,
            "INVALID_INPUT",
            $"An event has at most {route.MaxBodyBytes / Megabyte} MB."
        );

    private static Task RespondUnavailableAsync(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "5";
        return RespondAsync(
            http,
            StatusCodes.Status503ServiceUnavailable,
            "UNAVAILABLE",
            "It could not be stored just now; send it again."
        );
    }

    private static Task RespondAsync(HttpContext http, int status, string code, string message)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(new { code, message }, (JsonSerializerOptions?)null);
    }

    /// <summary>What differs between the providers' routes.</summary>
    /// <param name="Provider">The provider that sends events here.</param>
    /// <param name="SignatureHeader">The header that carries the signature.</param>
    /// <param name="MaxBodyBytes">The maximum size of a body, in bytes.</param>
    /// <param name="Timeout">How long an event may wait for its commit; null for as long as the write queue tries.</param>
    private sealed record ProviderRoute(Provider Provider, string SignatureHeader, int MaxBodyBytes, TimeSpan? Timeout);
}
