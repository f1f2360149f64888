using System.Reflection;
using System.Security.Claims;
using System.Text;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.IntegrationTests.Live;

/// <summary>The JSON of an event is made once for all subscriptions that make the same of it, and never shared where it depends on the
/// user.</summary>
public sealed class EventRenderingsTests
{
    private static readonly EventShape Shape = new("subscription { transactionAdded { id } }", null, "[]");
    private readonly ManualClock _clock = new();
    private readonly EventRenderings _renderings;
    private readonly object _event = new();
    private int _made;

    public EventRenderingsTests() => _renderings = new(_clock);

    private async Task<string> GetAsync(
        string userId = "a",
        EventShape? shape = null,
        bool dependsOnUser = false,
        bool isComplete = true
    ) => Encoding.UTF8.GetString(await _renderings.GetAsync(_event, shape ?? Shape, userId, _ =>
            {
                var json = Encoding.UTF8.GetBytes($"{++_made} for {userId}");
                return Task.FromResult(new RenderedEvent(json, dependsOnUser, isComplete));
            }));

    [Fact]
    public async Task Users_share_what_does_not_depend_on_them()
    {
        (await GetAsync("a")).ShouldBe("1 for a");
        (await GetAsync("b")).ShouldBe("1 for a");
        (await GetAsync("b", new EventShape(Shape.Document, null, "[]"))).ShouldBe("1 for a");
    }

    [Fact]
    public async Task What_depends_on_the_user_is_made_for_each_user_and_shared_by_the_subscriptions_of_that_user()
    {
        (await GetAsync("a", dependsOnUser: true)).ShouldBe("1 for a");
        (await GetAsync("b", dependsOnUser: true)).ShouldBe("2 for b");
        (await GetAsync("b", dependsOnUser: true)).ShouldBe("2 for b");
    }

    [Fact]
    public async Task Other_documents_operations_and_variables_are_made_for_themselves()
    {
        await GetAsync();
        (await GetAsync(shape: new EventShape("subscription { transactionAdded { total } }", null, "[]"))).ShouldBe("2 for a");
        (await GetAsync(shape: new EventShape(Shape.Document, "Second", "[]"))).ShouldBe("3 for a");
        (await GetAsync(shape: new EventShape(Shape.Document, null, "[1]"))).ShouldBe("4 for a");
    }

    [Fact]
    public async Task What_is_a_second_old_is_made_again_because_other_objects_may_have_changed()
    {
        await GetAsync();
        _clock.Advance(TimeSpan.FromMilliseconds(999));
        (await GetAsync()).ShouldBe("1 for a");
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        (await GetAsync()).ShouldBe("2 for a");
    }

    [Fact]
    public async Task A_failure_is_not_kept_for_later_subscriptions()
    {
        (await GetAsync(isComplete: false)).ShouldBe("1 for a");
        (await GetAsync()).ShouldBe("2 for a");
        (await GetAsync()).ShouldBe("2 for a");
    }

    [Fact]
    public void A_witness_notices_every_way_to_ask_who_the_user_is()
    {
        var user = new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "a")], "test"));
        // Every member of a principal that tells something can be overridden, and each must be: a new one of a later .NET too.
        var members = typeof(ClaimsPrincipal)
            .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(m => m.IsVirtual && m.ReturnType != typeof(void))
            .ToArray();
        members.Length.ShouldBeGreaterThan(8);

        foreach (var member in members)
        {
            var witness = new CallerWitness(user);
            witness.WasAsked.ShouldBeFalse();
            object[] values =
            [
                .. member
                    .GetParameters()
                    .Select(object (p) => p.ParameterType == typeof(Predicate<Claim>) ? new Predicate<Claim>(_ => true) : "sub"),
            ];
            member.Invoke(witness, values);
            witness.WasAsked.ShouldBeTrue(member.ToString());
        }
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _elapsed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan span) => _elapsed += span.Ticks;

        public override long GetTimestamp() => _elapsed;
    }
}
