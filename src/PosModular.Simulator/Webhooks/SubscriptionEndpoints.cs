using System.Text.Json.Nodes;
using PosModular.Simulator.Sellers;

namespace PosModular.Simulator.Webhooks;

/// <summary><c>/v2/webhooks/subscriptions</c> (Square docs, Webhook Subscriptions API). Personal tokens only.</summary>
internal static class SubscriptionEndpoints
{
    public static void MapSubscriptions(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/v2/webhooks/subscriptions").RequirePersonalToken();
        group.MapPost("", CreateAsync);
        group.MapGet("", List);
        group.MapGet("{id}", (string id, HttpContext http, SubscriptionStore book) =>
            SubscriptionResponse(book.Find(http.Caller().ApplicationId, id), withKey: true)
        );
        group.MapPut("{id}", UpdateAsync);
        group.MapDelete("{id}", (string id, HttpContext http, SubscriptionStore book) =>
            book.Delete(http.Caller().ApplicationId, id) ? SquareResponse.FromJson([]) : NotFound()
        );
        group.MapPost("{id}/signature-key", (string id, HttpContext http, SubscriptionStore book) =>
            book.RotateKey(http.Caller().ApplicationId, id) is { } rotated
                ? SquareResponse.FromJson(new JsonObject { ["signature_key"] = rotated.SignatureKey })
                : NotFound()
        );
        group.MapPost("{id}/test", TestAsync);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, SubscriptionStore book)
    {
        var body = await SubscriptionDraft.ReadBodyAsync(http.Request);
        var (draft, error) = SubscriptionDraft.Parse(body, isNew: true);
        if (draft is null)
            return error!;

        var key = body!["idempotency_key"]?.ToString();
        if (key is { Length: > SubscriptionDraft.MaxIdempotencyKeyLength })
            return SquareError.BadRequest("VALUE_TOO_LONG", "idempotency_key has at most 45 characters.", "idempotency_key");
        return book.Create(http.Caller().ApplicationId, draft, key, body["subscription"]!.ToJsonString()) is { } created
            ? SubscriptionResponse(created, withKey: true)
            : SquareError.BadRequest("IDEMPOTENCY_KEY_REUSED", "The idempotency key was used for another request.", "idempotency_key");
    }

    /// <summary>Lists disabled subscriptions only on request. The cursor is the last id of the page.</summary>
    private static IResult List(HttpContext http, SubscriptionStore book)
    {
        var given = http.Request.Query;
        var limit = int.TryParse(given["limit"], out var asked) && asked is > 0 and < 100 ? asked : 100;
        var mine = book.All.Where(s =>
            s.ApplicationId == http.Caller().ApplicationId && (s.Enabled || given["include_disabled"] == "true")
        );
        if (given["sort_order"] == "DESC")
            mine = mine.Reverse();
        if (given["cursor"].ToString() is { Length: > 0 } cursor)
            mine = mine.SkipWhile(s => s.Id != cursor).Skip(1);

        var page = mine.Take(limit + 1).ToList();
        var answer = new JsonObject();
        if (page.Count > 0)
            answer["subscriptions"] = new JsonArray([.. page.Take(limit).Select(s => s.ToJson(withKey: false))]);
        if (page.Count > limit)
            answer["cursor"] = page[limit - 1].Id;
        return SquareResponse.FromJson(answer);
    }

    private static async Task<IResult> UpdateAsync(string id, HttpContext http, SubscriptionStore book)
    {
        var (draft, error) = SubscriptionDraft.Parse(await SubscriptionDraft.ReadBodyAsync(http.Request), isNew: false);
        return draft is null ? error! : SubscriptionResponse(book.Update(http.Caller().ApplicationId, id, draft), withKey: false);
    }

    /// <summary>Sends a sample event to the URL once and returns the receiver's status.</summary>
    private static async Task<IResult> TestAsync(
        string id,
        HttpContext http,
        SubscriptionStore book,
        SquareWebhookSender deliveries,
        TimeProvider clock
    )
    {
        if (book.Find(http.Caller().ApplicationId, id) is not { } subscription)
            return NotFound();
        var body = await SubscriptionDraft.ReadBodyAsync(http.Request);
        var type = body?["event_type"]?.ToString() ?? subscription.EventTypes[0];
        if (!subscription.EventTypes.Contains(type))
            return SquareError.BadRequest("INVALID_VALUE", "The subscription does not contain this event type.", "event_type");

        var (eventId, payload) = TestNotification.Create(type, http.Caller().MerchantId, clock.GetUtcNow());
        var status = await deliveries.SendTestAsync(subscription, payload, http.RequestAborted);
        var at = SquareTime.TestResultTimestamp(clock.GetUtcNow());
        return SquareResponse.FromJson(
            new JsonObject
            {
                ["subscription_test_result"] = new JsonObject
                {
                    ["id"] = eventId,
                    ["status_code"] = status,
                    ["payload"] = payload,
                    ["created_at"] = at,
                    ["updated_at"] = at,
                },
            }
        );
    }

    private static IResult SubscriptionResponse(Subscription? subscription, bool withKey) =>
        subscription is null ? NotFound() : SquareResponse.FromJson(new JsonObject { ["subscription"] = subscription.ToJson(withKey) });

    private static IResult NotFound() => SquareError.NotFound("Webhook subscription");
}
