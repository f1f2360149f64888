namespace PosModular.Simulator.Faults;

/// <summary>The faults that API calls run into. Thread-safe.</summary>
public sealed class FaultRegistry
{
    private readonly Lock _gate = new();
    private readonly List<ActiveFault> _active = [];
    private int _lastId;

    /// <summary>The faults that were added and not removed, including those used up.</summary>
    public IReadOnlyList<ActiveFault> Active
    {
        get
        {
            lock (_gate)
                return [.. _active];
        }
    }

    /// <summary>Adds a fault.</summary>
    public ActiveFault Add(Fault fault)
    {
        lock (_gate)
        {
            var entry = new ActiveFault(++_lastId, fault, 0);
            _active.Add(entry);
            return entry;
        }
    }

    /// <summary>Removes a fault; false when it does not exist.</summary>
    public bool Remove(int id)
    {
        lock (_gate)
            return _active.RemoveAll(entry => entry.Id == id) > 0;
    }

    /// <summary>Removes all faults.</summary>
    public void Clear()
    {
        lock (_gate)
            _active.Clear();
    }

    /// <summary>The first fault that applies to the call, counted as matched; null when the call proceeds normally.</summary>
    internal Fault? Match(string method, string path)
    {
        lock (_gate)
        {
            for (var i = 0; i < _active.Count; i++)
            {
                var (_, fault, matched) = _active[i];
                var spent = fault.Times is { } times && matched >= fault.Skip + times;
                if (spent || !path.StartsWith(fault.Path, StringComparison.OrdinalIgnoreCase))
                    continue;
                if (fault.Method is not null && !fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
                    continue;
                _active[i] = _active[i] with { Matched = matched + 1 };
                if (matched >= fault.Skip)
                    return fault;
            }

            return null;
        }
    }
}
