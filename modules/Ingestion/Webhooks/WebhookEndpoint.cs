using System.Buffers;
using System.Text.Json;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Ingestion.Webhooks;

/// <summary>Where the providers' events come in: Square's on a connection's own path or on the general one, Toast's on a connection's. Answers,
/// in this order: 413 when it is too large, 403 when the signature is missing or wrong or there is no such connection, 200 for everything that is
/// stored (also what is ignored or failed), 503 with Retry-After while it cannot be stored: the provider then sends it again.</summary>
/// <remarks>Sources: Square docs, Webhooks › Overview: every answer but 2xx is retried for 24 hours. Toast developer guide, apiTimeouts: an answer
/// within 2 seconds; apiRetrySupport: resent on 5xx; devOrdersWebhookRef: bodies can pass 600 KB.</remarks>
internal sealed class WebhookEndpoint(IWebhookGate gate, WebhookIntake intake, IClock clock)
{
    private const int Megabyte = 1024 * 1024;
    private static readonly Door Square = new(Provider.Square, "x-square-hmacsha256-signature", Megabyte, null);
    private static readonly Door Toast = new(Provider.Toast, "Toast-Signature", 2 * Megabyte, TimeSpan.FromSeconds(1.8));

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/pos/webhooks/square", (RequestDelegate)(http => HandleAsync(http, Square, null)));
        routes.MapPost("/api/pos/webhooks/square/{connectionId}", OfConnection(Square));
        routes.MapPost("/api/pos/webhooks/toast/{connectionId}", OfConnection(Toast));
    }

    private RequestDelegate OfConnection(Door door) =>
        http => Guid.TryParse((string?)http.GetRouteValue("connectionId"), out var id) ? HandleAsync(http, door, id) : RefuseAsync(http);

    private async Task HandleAsync(HttpContext http, Door door, Guid? connectionId)
    {
        var body = await ReadAsync(http.Request, door.Largest, http.RequestAborted);
        if (body is null)
        {
            await SayAsync(
                http,
                StatusCodes.Status413PayloadTooLarge,
                "INVALID_INPUT",
                $"An event has at most {door.Largest / Megabyte} MB."
            );
            return;
        }
        Admission admission;
        try
        {
            admission = await gate.AdmitAsync(
                new WebhookRequest(
                    door.Provider,
                    connectionId,
                    http.Request.Headers[door.SignatureHeader],
                    http.Request.GetEncodedUrl(),
                    body
                ),
                http.RequestAborted
            );
        }
        catch (Exception e) when (e.IsTransient())
        {
            await LaterAsync(http);
            return;
        }
        if (admission == Admission.Undecided)
            await LaterAsync(http);
        else if (!admission.Genuine)
            await RefuseAsync(http);
        else if (await intake.TakeInAsync(Read(door.Provider, admission, body), door.Patience))
            http.Response.StatusCode = StatusCodes.Status200OK;
        else
            await LaterAsync(http);
    }

    private Intake Read(Provider provider, Admission admission, byte[] body)
    {
        var (read, till) = (admission.Event!, admission.Till);
        var (status, reason) = WebhookEventRow.Judge(admission);
        var now = clock.Now();
        var row = new WebhookEventRow
        {
            Id = now.NewId(),
            VenueId = till?.VenueId ?? WebhookEventRow.Unrouted,
            ConnectionId = till?.ConnectionId ?? Guid.Empty,
            EventId = read.EventId ?? Poison.HashOf(body),
            Provider = provider,
            Type = read.Type ?? "unknown",
            Status = status,
            Reason = reason,
            ReceivedAt = now,
            Attempts = 1,
            Payload = body,
        };
        return status == WebhookEventStatus.Processed ? Intake.Of(till!, read.Facts!, Cause.Webhook, row.EventId, row) : Intake.Bare(row);
    }

    private static async ValueTask<byte[]?> ReadAsync(HttpRequest request, int largest, CancellationToken cancellationToken)
    {
        if (request.ContentLength > largest)
            return null;
        if (request.ContentLength is { } length)
        {
            var exact = new byte[length];
            await request.Body.ReadExactlyAsync(exact, cancellationToken);
            return exact;
        }
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > largest || read.IsCompleted)
            {
                var body = read.Buffer.Length > largest ? null : read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }
            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static Task RefuseAsync(HttpContext http) =>
        SayAsync(
            http,
            StatusCodes.Status403Forbidden,
            "WEBHOOK_VALIDATION_FAILED",
            "The signature is missing or does not fit this address and key, or there is no such connection."
        );

    private static Task LaterAsync(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "5";
        return SayAsync(http, StatusCodes.Status503ServiceUnavailable, "UNAVAILABLE", "It could not be stored just now; send it again.");
    }

    private static Task SayAsync(HttpContext http, int status, string code, string message)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(new { code, message }, (JsonSerializerOptions?)null);
    }

    /// <summary>What differs between the providers.</summary>
    /// <param name="Provider">Whose events come in here.</param>
    /// <param name="SignatureHeader">The header with the signature.</param>
    /// <param name="Largest">Of a body, in bytes.</param>
    /// <param name="Patience">How long an event may wait for its commit; null for as long as we try.</param>
    private sealed record Door(Provider Provider, string SignatureHeader, int Largest, TimeSpan? Patience);
}
