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
using PosModular.Kernel;
using PosModular.Kernel.Data;

namespace Ingestion.Webhooks;

/// <summary>Where Square's events come in, on a connection's own path or on the general one. Answers, in this order: 413 over 1 MB, 403 when the
/// signature is missing or wrong or there is no such connection, 200 for everything that is stored (also what is ignored or failed),
/// 503 with Retry-After while it cannot be stored: Square then sends it again.</summary>
/// <remarks>Source: Square docs, Webhooks › Overview: every answer but 2xx is retried for 24 hours.</remarks>
internal sealed class WebhookEndpoint(IWebhookGate gate, WebhookIntake intake, IClock clock)
{
    private const int Largest = 1024 * 1024;
    private const string SignatureHeader = "x-square-hmacsha256-signature";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/pos/webhooks/square", (RequestDelegate)(http => HandleAsync(http, null)));
        routes.MapPost("/api/pos/webhooks/square/{connectionId}", (RequestDelegate)(http =>
            Guid.TryParse((string?)http.GetRouteValue("connectionId"), out var id) ? HandleAsync(http, id) : Refuse(http)));
    }

    private async Task HandleAsync(HttpContext http, Guid? connectionId)
    {
        var body = await ReadAsync(http.Request, http.RequestAborted);
        if (body is null)
        {
            await Say(http, StatusCodes.Status413PayloadTooLarge, "INVALID_INPUT", "An event has at most 1 MB.");
            return;
        }
        Admission admission;
        try
        {
            admission = await gate.AdmitAsync(
                new WebhookRequest(Provider.Square, connectionId, http.Request.Headers[SignatureHeader], http.Request.GetEncodedUrl(), body), http.RequestAborted);
        }
        catch (Exception e) when (e.IsTransient())
        {
            await Later(http);
            return;
        }
        if (admission == Admission.Undecided)
            await Later(http);
        else if (!admission.Genuine)
            await Refuse(http);
        else if (await intake.TakeInAsync(Read(admission, body)))
            http.Response.StatusCode = StatusCodes.Status200OK;
        else
            await Later(http);
    }

    private Intake Read(Admission admission, byte[] body)
    {
        var (read, till) = (admission.Event!, admission.Till);
        var (status, reason) =
            admission.IgnoredBecause is { } why ? (WebhookEventStatus.Ignored, why)
            : read.Unreadable is { } fault ? (WebhookEventStatus.Failed, fault)
            : read.Facts is null ? (WebhookEventStatus.Ignored, "Events of this type are not used.")
            : (WebhookEventStatus.Processed, (string?)null);
        var now = clock.Now();
        var row = new WebhookEventRow
        {
            Id = now.NewId(),
            VenueId = till?.VenueId ?? WebhookEventRow.Unrouted,
            ConnectionId = till?.ConnectionId ?? Guid.Empty,
            EventId = read.EventId ?? Poison.HashOf(body),
            Provider = Provider.Square,
            Type = read.Type ?? "unknown",
            Status = status,
            Reason = reason,
            ReceivedAt = now,
            Attempts = 1,
            Payload = body,
        };
        return new Intake(row, status == WebhookEventStatus.Processed ? Sighting.Of(till!, read.Facts!.Payments[0], Cause.Webhook, row.EventId) : null);
    }

    private static async ValueTask<byte[]?> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength > Largest)
            return null;
        if (request.ContentLength is { } length)
        {
            var exact = new byte[length];
            await request.Body.ReadExactlyAsync(exact, ct);
            return exact;
        }
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(ct);
            if (read.Buffer.Length > Largest || read.IsCompleted)
            {
                var body = read.Buffer.Length > Largest ? null : read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }
            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static Task Refuse(HttpContext http) => Say(http, StatusCodes.Status403Forbidden, "WEBHOOK_VALIDATION_FAILED",
        "The signature is missing or does not fit this address and key, or there is no such connection.");

    private static Task Later(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "5";
        return Say(http, StatusCodes.Status503ServiceUnavailable, "UNAVAILABLE", "It could not be stored just now; send it again.");
    }

    private static Task Say(HttpContext http, int status, string code, string message)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(new { code, message }, (JsonSerializerOptions?)null);
    }
}
