namespace PosModular.Kernel.Feed;

/// <summary>What a reaction to the feed wants done once its effect is committed: ringing the bell of its own feed. Lives as long as the
/// relay's scope; forgotten when the commit fails.</summary>
public sealed class AfterCommitActions
{
    private readonly List<Action> _actions = [];

    public void Add(Action action) => _actions.Add(action);

    internal void RunAll() => _actions.ForEach(action => action());
}
