using System.Security.Claims;
using GraphQL;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.IntegrationTests.Hostile;

public sealed class OperationLimiterTests
{
    private static ClaimsPrincipal User(string id) => new(new ClaimsIdentity([new Claim("sub", id)]));

    [Fact]
    public async Task Operations_of_one_user_wait_for_each_other_and_leave_places_to_others()
    {
        await using var limiter = new OperationLimiter(TimeProvider.System);
        var greedy = new List<IDisposable>();
        for (var i = 0; i < Limits.MaxRunningOperationsPerUser; i++)
            greedy.Add(await limiter.EnterAsync(User("greedy"), CancellationToken.None));

        var waiting = limiter.EnterAsync(User("greedy"), CancellationToken.None);
        waiting.IsCompleted.ShouldBeFalse();
        using var other = await limiter.EnterAsync(User("other"), CancellationToken.None);

        greedy[0].Dispose();
        (await waiting).Dispose();
    }

    [Fact]
    public async Task Where_too_many_wait_the_next_is_refused_as_UNAVAILABLE()
    {
        await using var limiter = new OperationLimiter(TimeProvider.System);
        using var ending = new CancellationTokenSource();
        for (var i = 0; i < Limits.MaxRunningOperationsPerUser; i++)
            await limiter.EnterAsync(User("greedy"), CancellationToken.None);
        var waiting = Enumerable
            .Range(0, Limits.MaxWaitingOperationsPerUser)
            .Select(_ => limiter.EnterAsync(User("greedy"), ending.Token).AsTask())
            .ToList();

        var refusal = await Should.ThrowAsync<ExecutionError>(() => limiter.EnterAsync(User("greedy"), CancellationToken.None).AsTask());

        refusal.Code.ShouldBe("UNAVAILABLE");
        await ending.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => Task.WhenAll(waiting));
    }

    [Fact]
    public async Task All_users_together_have_a_limit_too()
    {
        await using var limiter = new OperationLimiter(TimeProvider.System);
        var places = new List<IDisposable>();
        for (var i = 0; i < Limits.MaxRunningOperations; i++)
            places.Add(await limiter.EnterAsync(User("user-" + i), CancellationToken.None));

        var waiting = limiter.EnterAsync(User("one-more"), CancellationToken.None);
        waiting.IsCompleted.ShouldBeFalse();

        places[3].Dispose();
        (await waiting).Dispose();
    }
}
