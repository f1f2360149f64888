using System.Globalization;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PosModular.Simulator.Demo;

/// <summary>
/// A client for the parts of PosModular's GraphQL API that the demo needs. Failures throw <see cref="DemoException"/> with a readable
/// message.
/// </summary>
internal sealed class PosModularApi(DemoSettings settings) : IDisposable
{
    private const string ErrorFields = "errors { code message field }";

    // The timeout applies to the response's head only; a subscription's body may go on without limit.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = settings.Target,
        Timeout = TimeSpan.FromSeconds(60),
    };

    /// <summary>Whether /health/ready answers 200; false when the host cannot be reached yet.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync("health/ready", cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Registers the venue; false when it was already registered.</summary>
    public async Task<bool> RegisterVenueAsync(DemoVenue venue, CancellationToken cancellationToken) =>
        !IsConflict(
            await MutateAsync(
                "registerVenue",
                "RegisterVenueInput",
                "venue { id }",
                settings.Token,
                new JsonObject
                {
                    ["id"] = venue.Id,
                    ["name"] = venue.Name,
                    ["timeZone"] = venue.TimeZone,
                    ["currency"] = venue.Currency,
                    ["dayCutoff"] = DemoVenue.DayCutoff,
                    ["ownerUserIds"] = new JsonArray(DemoVenue.OwnerUserId),
                },
                cancellationToken
            ),
            "registerVenue"
        );

    /// <summary>
    /// Connects the venue and returns the connection's status and the address of its webhooks. It also renews Square's webhook
    /// subscription, which a restarted simulator no longer has.
    /// </summary>
    public async Task<(string Status, string NotificationUrl)> ConnectPosAsync(DemoVenue venue, CancellationToken cancellationToken)
    {
        var payload = await MutateAsync(
            "connectPos",
            "ConnectPosInput",
            "connection { status statusReason { message } webhook { notificationUrl } }",
            settings.Token,
            new JsonObject
            {
                ["venueId"] = venue.Id,
                ["webhookSignatureKey"] = venue.IsToast ? venue.ToastWebhookSecret : null,
                ["credentials"] = new JsonObject
                {
                    ["provider"] = venue.IsToast ? "TOAST" : "SQUARE",
                    ["environment"] = "SANDBOX",
                    ["locationId"] = venue.LocationId,
                    [venue.IsToast ? "apiKey" : "accessToken"] = venue.IsToast ? venue.ToastToken : venue.Seller.AccessToken,
                },
            },
            cancellationToken
        );
        if (IsConflict(payload, "connectPos"))
            throw new DemoException($"connectPos: the location of {venue.Id} is connected to another venue; disconnect it there first.");
        var reason = payload["connection"]?["statusReason"]?["message"]?.ToString();
        return (
            payload["connection"]?["status"] + (reason is null ? "" : $" ({reason})"),
            payload["connection"]!["webhook"]!["notificationUrl"]!.ToString()
        );
    }

    /// <summary>Starts a sync of the venue's sales since this time.</summary>
    public async Task SyncAsync(DemoVenue venue, DateTimeOffset from, CancellationToken cancellationToken) =>
        IsConflict(
            await MutateAsync(
                "syncTransactions",
                "SyncTransactionsInput",
                "runs { id }",
                settings.Token,
                new JsonObject { ["venueId"] = venue.Id, ["from"] = from.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) },
                cancellationToken
            ),
            "syncTransactions"
        );

    /// <summary>Whether every sync of the venue that was started has read its whole span.</summary>
    public async Task<bool> IsSyncedAsync(DemoVenue venue, CancellationToken cancellationToken)
    {
        var data = await SendAsync(
            "query($id: ID!) { venue(id: $id) { posConnections { syncRuns(first: 50) { nodes { status } } } } }",
            new JsonObject { ["id"] = venue.Id },
            settings.OwnerToken,
            cancellationToken
        );
        return data["venue"]!["posConnections"]!
            .AsArray()
            .SelectMany(connection => connection!["syncRuns"]!["nodes"]!.AsArray())
            .All(run => run!["status"]!.ToString() is not ("RUNNING" or "PARKED"));
    }

    /// <summary>Requests the comparison of a business date with the provider.</summary>
    public async Task ReconcileAsync(DemoVenue venue, DateOnly businessDate, CancellationToken cancellationToken) =>
        IsConflict(
            await MutateAsync(
                "reconcileDay",
                "ReconcileDayInput",
                "reconciliation { state }",
                settings.OwnerToken,
                new JsonObject
                {
                    ["venueId"] = venue.Id,
                    ["businessDate"] = businessDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                },
                cancellationToken
            ),
            "reconcileDay"
        );

    /// <summary>The names of the venue's spend rules.</summary>
    public async Task<IReadOnlyList<string>> GetRuleNamesAsync(DemoVenue venue, CancellationToken cancellationToken)
    {
        var data = await SendAsync(
            "query($id: ID!) { venue(id: $id) { spendRules { name } } }",
            new JsonObject { ["id"] = venue.Id },
            settings.OwnerToken,
            cancellationToken
        );
        return data["venue"]?["spendRules"] is JsonArray rules
            ? [.. rules.Select(rule => rule!["name"]!.ToString())]
            : throw new DemoException(
                $"{DemoVenue.OwnerUserId} does not own the venue {venue.Id}, which somebody else registered; use another database."
            );
    }

    public async Task CreateRuleAsync(DemoVenue venue, DemoRule rule, CancellationToken cancellationToken) =>
        IsConflict(
            await MutateAsync(
                "createSpendRule",
                "CreateSpendRuleInput",
                "rule { id }",
                settings.OwnerToken,
                new JsonObject
                {
                    ["venueId"] = venue.Id,
                    ["name"] = rule.Name,
                    ["threshold"] = venue.Threshold(rule),
                    ["unlocksTier"] = rule.Tier,
                    ["grantsAccess"] = new JsonArray(rule.Access),
                    ["liveOnly"] = rule.LateNightOnly,
                    ["liveWindow"] = rule.LateNightOnly ? new JsonObject { ["start"] = "22:00", ["end"] = "04:00" } : null,
                },
                cancellationToken
            ),
            "createSpendRule"
        );

    /// <summary>The live sessions of the venue's performer, latest first.</summary>
    public async Task<IReadOnlyList<PerformerSession>> GetSessionsAsync(DemoVenue venue, CancellationToken cancellationToken)
    {
        var data = await SendAsync(
            "query($id: ID!) { venue(id: $id) { liveSessions(first: 200) { nodes { id performerId startedAt endedAt } } } }",
            new JsonObject { ["id"] = venue.Id },
            settings.OwnerToken,
            cancellationToken
        );
        return
        [
            .. from session in data["venue"]!["liveSessions"]!["nodes"]!.AsArray()
            where session["performerId"]!.ToString() == venue.Performer
            select new PerformerSession(
                session["id"]!.ToString(),
                Instant(session["startedAt"]!),
                session["endedAt"] is { } end ? Instant(end) : null
            ),
        ];
    }

    /// <summary>Starts a live session and returns its id.</summary>
    public async Task<string> StartSessionAsync(DemoVenue venue, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var payload = await MutateAsync(
            "startLiveSession",
            "StartLiveSessionInput",
            "session { id }",
            settings.OwnerToken,
            new JsonObject
            {
                ["venueId"] = venue.Id,
                ["performerId"] = venue.Performer,
                ["startedAt"] = Instant(at),
            },
            cancellationToken
        );
        IsConflict(payload, "startLiveSession");
        return payload["session"]!["id"]!.ToString();
    }

    public async Task EndSessionAsync(string sessionId, DateTimeOffset at, CancellationToken cancellationToken) =>
        IsConflict(
            await MutateAsync(
                "endLiveSession",
                "EndLiveSessionInput",
                "session { id }",
                settings.OwnerToken,
                new JsonObject { ["sessionId"] = sessionId, ["endedAt"] = Instant(at) },
                cancellationToken
            ),
            "endLiveSession"
        );

    /// <summary>Links a card to a user and returns the number of earlier transactions that are now assigned to the user.</summary>
    public async Task<int> LinkCardAsync(DemoVenue venue, string userId, string cardToken, CancellationToken cancellationToken)
    {
        var payload = await MutateAsync(
            "linkCard",
            "LinkCardInput",
            "matchedTransactions",
            settings.OwnerToken,
            new JsonObject
            {
                ["venueId"] = venue.Id,
                ["userId"] = userId,
                ["cardToken"] = cardToken,
            },
            cancellationToken
        );
        IsConflict(payload, "linkCard");
        return payload["matchedTransactions"]!.GetValue<int>();
    }

    /// <summary>The end of the venue's feed.</summary>
    public async Task<string> GetFeedCursorAsync(DemoVenue venue, CancellationToken cancellationToken) =>
        (
            await SendAsync(
                "query($id: ID!) { venue(id: $id) { feedCursor } }",
                new JsonObject { ["id"] = venue.Id },
                settings.OwnerToken,
                cancellationToken
            )
        )["venue"]
            ?["feedCursor"]?.ToString()
        ?? throw new DemoException($"{DemoVenue.OwnerUserId} cannot read the venue {venue.Id}; use another database.");

    /// <summary>Says which user made a transaction.</summary>
    public async Task AssignTransactionAsync(DemoVenue venue, string userId, string transactionId, CancellationToken cancellationToken) =>
        IsConflict(
            await MutateAsync(
                "assignTransaction",
                "AssignTransactionInput",
                "transaction { id }",
                settings.OwnerToken,
                new JsonObject
                {
                    ["venueId"] = venue.Id,
                    ["transactionId"] = transactionId,
                    ["userId"] = userId,
                },
                cancellationToken
            ),
            "assignTransaction"
        );

    /// <summary>Passes each new transaction of the venue to <paramref name="handle"/> until the stream ends.</summary>
    /// <param name="venue">The venue.</param>
    /// <param name="after">Cursor of the last transaction handled.</param>
    /// <param name="handle">Called with each transaction.</param>
    /// <param name="cancellationToken">Ends the subscription.</param>
    public async Task FollowTransactionsAsync(
        DemoVenue venue,
        string after,
        Func<JsonNode, Task> handle,
        CancellationToken cancellationToken
    )
    {
        const string Query =
            "subscription($venue: ID!, $after: String) { transactionAdded(venueId: $venue, after: $after) { cursor id externalId "
            + "userId card { token } } }";
        using var request = Request(Query, new JsonObject { ["venue"] = venue.Id, ["after"] = after }, settings.OwnerToken);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            await foreach (var message in SseParser.Create(body).EnumerateAsync(cancellationToken))
            {
                if (message.EventType == "next")
                    await handle(ReadData(message.Data)["transactionAdded"]!);
            }
        }
        catch (Exception e) when (IsTransportError(e, cancellationToken))
        {
            throw new DemoException($"transactionAdded: {e.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> MutateAsync(
        string field,
        string type,
        string result,
        string token,
        JsonObject input,
        CancellationToken cancellationToken
    ) =>
        (
            await SendAsync(
                $"mutation($input: {type}!) {{ {field}(input: $input) {{ {result} {ErrorFields} }} }}",
                new JsonObject { ["input"] = input },
                token,
                cancellationToken
            )
        )[field]!;

    private async Task<JsonNode> SendAsync(string query, JsonObject variables, string token, CancellationToken cancellationToken)
    {
        using var request = Request(query, variables, token);
        try
        {
            using var answer = await _http.SendAsync(request, cancellationToken);
            return ReadData(await answer.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (Exception e) when (IsTransportError(e, cancellationToken))
        {
            throw new DemoException($"{query}: {e.Message}");
        }
    }

    private static HttpRequestMessage Request(string query, JsonObject variables, string token) =>
        new(HttpMethod.Post, "graphql")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
            Content = new StringContent(
                new JsonObject { ["query"] = query, ["variables"] = variables }.ToJsonString(),
                Encoding.UTF8,
                "application/json"
            ),
        };

    private static JsonNode ReadData(string answer)
    {
        var json = JsonNode.Parse(answer);
        if (json?["errors"] is JsonArray { Count: > 0 } errors)
            throw new DemoException($"{errors[0]?["path"]?.ToJsonString()} {errors[0]?["extensions"]?["code"]} {errors[0]?["message"]}");
        return json?["data"] ?? throw new DemoException("The host's response has no data.");
    }

    private static bool IsTransportError(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException or JsonException
        || e is TaskCanceledException && !cancellationToken.IsCancellationRequested;

    /// <summary>True for CONFLICT, false for no errors; throws for any other error.</summary>
    private static bool IsConflict(JsonNode payload, string field)
    {
        if (payload["errors"] is not JsonArray { Count: > 0 } errors)
            return false;
        var code = errors[0]?["code"]?.ToString();
        return code == "CONFLICT" ? true : throw new DemoException($"{field}: {code} {errors[0]?["message"]} {errors[0]?["field"]}");
    }

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static DateTimeOffset Instant(JsonNode text) => DateTimeOffset.Parse(text.ToString(), CultureInfo.InvariantCulture);
}

/// <summary>A live session of the venue's performer.</summary>
internal sealed record PerformerSession(string Id, DateTimeOffset StartedAt, DateTimeOffset? EndedAt);
