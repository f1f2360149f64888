namespace PosModular.Simulator.Faults;

/// <summary>The switches. Safe for many callers at once.</summary>
public sealed class FaultBook
{
    private readonly Lock gate = new();
    private readonly List<ArmedFault> armed = [];
    private int lastId;

    /// <summary>Those switched on, spent ones included.</summary>
    public IReadOnlyList<ArmedFault> Armed
    {
        get { lock (gate) return [.. armed]; }
    }

    /// <summary>Switches a fault on.</summary>
    public ArmedFault Arm(Fault fault)
    {
        lock (gate)
        {
            var entry = new ArmedFault(++lastId, fault, 0);
            armed.Add(entry);
            return entry;
        }
    }

    /// <summary>Switches one off; false when there is none.</summary>
    public bool Disarm(int id)
    {
        lock (gate) return armed.RemoveAll(entry => entry.Id == id) > 0;
    }

    /// <summary>Switches all off.</summary>
    public void Clear()
    {
        lock (gate) armed.Clear();
    }

    internal Fault? Strike(string method, string path)
    {
        lock (gate)
        {
            for (var i = 0; i < armed.Count; i++)
            {
                var (_, fault, matched) = armed[i];
                var spent = fault.Times is { } times && matched >= fault.Skip + times;
                if (spent || !path.StartsWith(fault.Path, StringComparison.OrdinalIgnoreCase)) continue;
                if (fault.Method is not null && !fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase)) continue;
                armed[i] = armed[i] with { Matched = matched + 1 };
                if (matched >= fault.Skip) return fault;
            }

            return null;
        }
    }
}
