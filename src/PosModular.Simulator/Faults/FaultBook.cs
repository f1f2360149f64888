namespace PosModular.Simulator.Faults;

/// <summary>The switches. Safe for many callers at once.</summary>
public sealed class FaultBook
{
    private readonly Lock _gate = new();
    private readonly List<ArmedFault> _armed = [];
    private int _lastId;

    /// <summary>Those switched on, spent ones included.</summary>
    public IReadOnlyList<ArmedFault> Armed
    {
        get
        {
            lock (_gate)
                return [.. _armed];
        }
    }

    /// <summary>Switches a fault on.</summary>
    public ArmedFault Arm(Fault fault)
    {
        lock (_gate)
        {
            var entry = new ArmedFault(++_lastId, fault, 0);
            _armed.Add(entry);
            return entry;
        }
    }

    /// <summary>Switches one off; false when there is none.</summary>
    public bool Disarm(int id)
    {
        lock (_gate)
            return _armed.RemoveAll(entry => entry.Id == id) > 0;
    }

    /// <summary>Switches all off.</summary>
    public void Clear()
    {
        lock (_gate)
            _armed.Clear();
    }

    internal Fault? Strike(string method, string path)
    {
        lock (_gate)
        {
            for (var i = 0; i < _armed.Count; i++)
            {
                var (_, fault, matched) = _armed[i];
                var spent = fault.Times is { } times && matched >= fault.Skip + times;
                if (spent || !path.StartsWith(fault.Path, StringComparison.OrdinalIgnoreCase))
                    continue;
                if (fault.Method is not null && !fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
                    continue;
                _armed[i] = _armed[i] with { Matched = matched + 1 };
                if (matched >= fault.Skip)
                    return fault;
            }

            return null;
        }
    }
}
