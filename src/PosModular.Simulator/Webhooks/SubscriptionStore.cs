namespace PosModular.Simulator.Webhooks;

/// <summary>All webhook subscriptions. Thread-safe.</summary>
public sealed class SubscriptionStore(TimeProvider clock)
{
    /// <summary>The API version of a subscription that names none.</summary>
    public const string DefaultApiVersion = "2024-12-18";

    private readonly Lock _gate = new();
    private readonly List<Subscription> _subscriptions = [];
    private readonly Dictionary<(string ApplicationId, string Key), (string Asked, string Id)> _idempotencyKeys = [];

    /// <summary>The subscriptions of all applications, oldest first.</summary>
    public IReadOnlyList<Subscription> All
    {
        get
        {
            lock (_gate)
                return [.. _subscriptions];
        }
    }

    /// <summary>
    /// Creates a subscription. The same idempotency key with the same request returns the existing subscription; with a different
    /// request, or after that subscription was deleted, the result is null.
    /// </summary>
    internal Subscription? Create(string applicationId, SubscriptionDraft draft, string? idempotencyKey, string requestJson)
    {
        lock (_gate)
        {
            if (idempotencyKey is not null && _idempotencyKeys.TryGetValue((applicationId, idempotencyKey), out var before))
                return before.Asked == requestJson ? _subscriptions.Find(s => s.Id == before.Id) : null;

            var now = clock.GetUtcNow();
            var created = new Subscription
            {
                Id = SquareId.Subscription(),
                ApplicationId = applicationId,
                Name = draft.Name!,
                Enabled = draft.Enabled ?? true,
                EventTypes = draft.EventTypes!,
                NotificationUrl = draft.NotificationUrl!,
                ApiVersion = draft.ApiVersion ?? DefaultApiVersion,
                SignatureKey = SquareId.SignatureKey(),
                CreatedAt = now,
                UpdatedAt = now,
            };
            _subscriptions.Add(created);
            if (idempotencyKey is not null)
                _idempotencyKeys[(applicationId, idempotencyKey)] = (requestJson, created.Id);
            return created;
        }
    }

    /// <summary>Null when the application has no such subscription.</summary>
    internal Subscription? Find(string applicationId, string id)
    {
        lock (_gate)
            return _subscriptions.Find(s => s.Id == id && s.ApplicationId == applicationId);
    }

    /// <summary>The subscription's current state, for a delivery; null once it is deleted.</summary>
    internal Subscription? Find(string id)
    {
        lock (_gate)
            return _subscriptions.Find(s => s.Id == id);
    }

    internal Subscription? Update(string applicationId, string id, SubscriptionDraft draft) =>
        Change(applicationId, id, before =>
            before with
            {
                Name = draft.Name ?? before.Name,
                Enabled = draft.Enabled ?? before.Enabled,
                EventTypes = draft.EventTypes ?? before.EventTypes,
                NotificationUrl = draft.NotificationUrl ?? before.NotificationUrl,
                ApiVersion = draft.ApiVersion ?? before.ApiVersion,
            }
        );

    /// <summary>Replaces the signature key; the old one is invalid at once.</summary>
    internal Subscription? RotateKey(string applicationId, string id) =>
        Change(applicationId, id, before => before with { SignatureKey = SquareId.SignatureKey() });

    internal bool Delete(string applicationId, string id)
    {
        lock (_gate)
            return _subscriptions.RemoveAll(s => s.Id == id && s.ApplicationId == applicationId) > 0;
    }

    /// <summary>The enabled subscriptions of these applications that include the event type.</summary>
    internal IReadOnlyList<Subscription> FindSubscribed(string eventType, IReadOnlySet<string> applicationIds)
    {
        lock (_gate)
            return _subscriptions.FindAll(s => s.Enabled && applicationIds.Contains(s.ApplicationId) && s.EventTypes.Contains(eventType));
    }

    private Subscription? Change(string applicationId, string id, Func<Subscription, Subscription> change)
    {
        lock (_gate)
        {
            var index = _subscriptions.FindIndex(s => s.Id == id && s.ApplicationId == applicationId);
            return index < 0 ? null : _subscriptions[index] = change(_subscriptions[index]) with { UpdatedAt = clock.GetUtcNow() };
        }
    }
}
