namespace PosModular.Simulator.Faults;

/// <summary>The switches. Safe for many callers at once.</summary>
public sealed class FaultRegistry
{
    private readonly Lock _gate = new();
    private readonly List<ActiveFault> _active = [];
    private int _lastId;

    /// <summary>Those switched on, spent ones included.</summary>
    public IReadOnlyList<ActiveFault> Active
    {
        get
        {
            lock (_gate)
                return [.. _active];
        }
    }

    /// <summary>Switches a fault on.</summary>
    public ActiveFault Add(Fault fault)
    {
        lock (_gate)
        {
            var entry = new ActiveFault(++_lastId, fault, 0);
            _active.Add(entry);
            return entry;
        }
    }

    /// <summary>Switches one off; false when there is none.</summary>
    public bool Remove(int id)
    {
        lock (_gate)
            return _active.RemoveAll(entry => entry.Id == id) > 0;
    }

    /// <summary>Switches all off.</summary>
    public void Clear()
    {
        lock (_gate)
            _active.Clear();
    }

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
