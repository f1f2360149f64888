using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>The JSON of events that several subscriptions receive. It is made once for each shape, and for each user where it depends on
/// the user, and forgotten with the event.</summary>
internal sealed class EventRenderings(TimeProvider time)
{
    // The event itself does not change, but what it leads to, such as a member's tier, may.
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private readonly ConditionalWeakTable<object, ConcurrentDictionary<(EventShape, string?), Rendering>> _byEvent = [];

    /// <summary>Returns the JSON of an event for a subscription.</summary>
    /// <param name="value">The event. Subscriptions share the JSON when they receive the same object.</param>
    /// <param name="shape">What the subscription makes of it.</param>
    /// <param name="userId">The user who subscribed.</param>
    /// <param name="render">Makes the JSON. It may go on after its caller has left, because others may wait for it.</param>
    public async ValueTask<byte[]> GetAsync(object value, EventShape shape, string userId, Func<object, Task<RenderedEvent>> render)
    {
        var ofEvent = _byEvent.GetValue(value, static _ => new());
        var (forAll, isMine) = Find(ofEvent, (shape, null), value, render);
        var rendered = await forAll.Json;
        if (isMine || !rendered.DependsOnUser)
            return rendered.Json;
        (var forUser, _) = Find(ofEvent, (shape, userId), value, render);
        return (await forUser.Json).Json;
    }

    private (Rendering, bool IsMine) Find(
        ConcurrentDictionary<(EventShape, string?), Rendering> ofEvent,
        (EventShape, string?) key,
        object value,
        Func<object, Task<RenderedEvent>> render
    )
    {
        Rendering? mine = null;
        while (true)
        {
            if (ofEvent.TryGetValue(key, out var found))
            {
                if (IsCurrent(found))
                    return (found, false);
                ofEvent.TryRemove(KeyValuePair.Create(key, found));
            }
            mine ??= new(() => render(value), time.GetTimestamp());
            if (ofEvent.TryAdd(key, mine))
                return (mine, true);
        }
    }

    private bool IsCurrent(Rendering rendering) => !rendering.HasFailed && time.GetElapsedTime(rendering.StartedAt) < MaxAge;

    private sealed class Rendering
    {
        private readonly Lazy<Task<RenderedEvent>> _json;
        private volatile bool _hasFailed;

        public Rendering(Func<Task<RenderedEvent>> render, long startedAt)
        {
            StartedAt = startedAt;
            _json = new(() => RunAsync(render));
        }

        public long StartedAt { get; }

        /// <summary>Whether the next subscription must try again.</summary>
        public bool HasFailed => _hasFailed;

        /// <summary>Starts the rendering unless it was started before.</summary>
        public Task<RenderedEvent> Json => _json.Value;

        private async Task<RenderedEvent> RunAsync(Func<Task<RenderedEvent>> render)
        {
            var succeeded = false;
            try
            {
                var rendered = await render();
                succeeded = rendered.IsComplete;
                return rendered;
            }
            finally
            {
                _hasFailed = !succeeded;
            }
        }
    }
}

/// <summary>An event as JSON.</summary>
/// <param name="Json">The result of the operation for the event.</param>
/// <param name="DependsOnUser">Whether any field asked who the user is.</param>
/// <param name="IsComplete">False when a field failed, so that the next subscription tries again.</param>
internal sealed record RenderedEvent(byte[] Json, bool DependsOnUser, bool IsComplete);
