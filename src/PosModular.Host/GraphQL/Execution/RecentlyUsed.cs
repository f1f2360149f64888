using System.Diagnostics.CodeAnalysis;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Keeps the most recently used values by their texts, bounded by number and by characters, so that clients that always send something
/// new cannot exhaust the memory. The least recently used value is removed first.
/// </summary>
internal sealed class RecentlyUsed<T>(int maxCount, int maxCharacters)
    where T : class
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, T Value, int Characters)>> _byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, T Value, int Characters)> _byLastUse = new();
    private int _characters;

    public T? Find(string key)
    {
        lock (_lock)
        {
            if (!_byKey.TryGetValue(key, out var node))
                return null;
            if (node != _byLastUse.First)
            {
                _byLastUse.Remove(node);
                _byLastUse.AddFirst(node);
            }

            return node.Value.Value;
        }
    }

    /// <param name="key">What the value is found by.</param>
    /// <param name="value">Kept as it is; a value that is there already stays.</param>
    /// <param name="characters">What it counts for.</param>
    [SuppressMessage("Performance", "CA1864", Justification = "The node is created only when it is added.")]
    public void Add(string key, T value, int characters)
    {
        lock (_lock)
        {
            if (_byKey.ContainsKey(key))
                return;
            _byKey.Add(key, _byLastUse.AddFirst((key, value, characters)));
            _characters += characters;

            while (_byKey.Count > maxCount || _characters > maxCharacters)
            {
                var oldest = _byLastUse.Last!.Value;
                _byLastUse.RemoveLast();
                _byKey.Remove(oldest.Key);
                _characters -= oldest.Characters;
            }
        }
    }
}
