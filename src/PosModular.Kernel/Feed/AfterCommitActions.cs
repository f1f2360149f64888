namespace PosModular.Kernel.Feed;

/// <summary>What a handler of feed changes wants done after its effect is committed, such as signalling its own feed. The actions belong to
/// the scope of the relay and are dropped when the commit fails.</summary>
public sealed class AfterCommitActions
{
    private readonly List<Action> _actions = [];

    public void Add(Action action) => _actions.Add(action);

    internal void RunAll() => _actions.ForEach(action => action());
}
