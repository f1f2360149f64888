using System.Collections.Concurrent;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.WebSockets;

/// <summary>Counts the open WebSockets of this host: all of them, those that have not said yet who they are, and those of each
/// user.</summary>
internal sealed class SocketLimiter
{
    private readonly ConcurrentDictionary<string, int> _byUser = new(StringComparer.Ordinal);
    private int _open;
    private int _uninitialised;

    /// <summary>Whether one more socket may be opened. If so, dispose the place when the socket is closed.</summary>
    public Place? TryOpen()
    {
        var place = new Place(this);
        if (Interlocked.Increment(ref _open) <= Limits.MaxSockets && Volatile.Read(ref _uninitialised) < Limits.MaxUninitialisedSockets)
        {
            Interlocked.Increment(ref _uninitialised);
            return place;
        }

        Interlocked.Decrement(ref _open);
        return null;
    }

    /// <summary>The place of one socket.</summary>
    internal sealed class Place(SocketLimiter limiter) : IDisposable
    {
        private string? _userId;
        private bool _isInitialised;

        /// <summary>Whether this user may have one more socket, whose place this becomes.</summary>
        public bool TryInitialise(string userId)
        {
            _isInitialised = true;
            Interlocked.Decrement(ref limiter._uninitialised);
            _userId = userId;
            return limiter._byUser.AddOrUpdate(userId, 1, (_, count) => count + 1) <= Limits.MaxSocketsPerUser;
        }

        public void Dispose()
        {
            Interlocked.Decrement(ref limiter._open);
            if (!_isInitialised)
                Interlocked.Decrement(ref limiter._uninitialised);
            // The entry of a user without sockets is removed, unless another socket has just been counted.
            if (_userId is not null && limiter._byUser.AddOrUpdate(_userId, 0, (_, count) => count - 1) == 0)
                limiter._byUser.TryRemove(KeyValuePair.Create(_userId, 0));
        }
    }
}
