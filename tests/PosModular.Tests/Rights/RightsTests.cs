using System.Security.Claims;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Integrations.Venues;
using NodaTime;
using PosModular.Kernel.Errors;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Rights;

/// <summary>Which role has which rights, and how a token becomes a caller.</summary>
public sealed class RightsTests
{
    private static readonly Venue Venue = new()
    {
        Id = "v1",
        Name = "Bar",
        TimeZone = "Europe/Berlin",
        Currency = "EUR",
        DayCutoff = new LocalTime(6, 0),
        RulesCountFrom = CountFrom.Authorized,
        UnlockPolicy = UnlockPolicy.Keep,
        OwnerUserIds = ["owner", "both"],
    };

    //                                    any user, owner, HEAD_MODERATOR, both
    [Theory]
    [InlineData(Right.ViewVenue, false, true, true, true)]
    [InlineData(Right.ViewTransactions, false, true, false, true)]
    [InlineData(Right.ManageConnections, false, false, true, true)]
    [InlineData(Right.StartSyncs, false, true, true, true)]
    [InlineData(Right.ManageMembers, false, true, true, true)]
    public void Every_role_has_exactly_its_rights(Right right, bool user, bool owner, bool moderator, bool both)
    {
        Check(new Caller("somebody", false), user);
        Check(new Caller("owner", false), owner);
        Check(new Caller("somebody", true), moderator);
        Check(new Caller("both", true), both);

        void Check(Caller caller, bool isAllowed)
        {
            caller.May(right, Venue).ShouldBe(isAllowed);
            if (isAllowed)
                caller.Demand(right, Venue);
            else
                Should.Throw<ApiError>(() => caller.Demand(right, Venue)).Code.ShouldBe("FORBIDDEN");
        }
    }

    [Fact]
    public void Every_right_is_tested_above_and_an_unknown_one_belongs_to_nobody()
    {
        Enum.GetValues<Right>().Length.ShouldBe(5);
        Integrations.Contracts.Access.Rights.Allows(isHeadModerator: true, isOwner: true, (Right)99).ShouldBeFalse();
    }

    [Fact]
    public void Without_a_venue_only_the_role_counts()
    {
        foreach (var right in Enum.GetValues<Right>())
        {
            Should.Throw<ApiError>(() => new Caller("both", false).Demand(right)).Code.ShouldBe("FORBIDDEN");
            if (right == Right.ViewTransactions)
                Should.Throw<ApiError>(() => new Caller("both", true).Demand(right)).Code.ShouldBe("FORBIDDEN");
            else
                new Caller("both", true).Demand(right);
        }
    }

    [Fact]
    public void User_ids_are_compared_exactly()
    {
        new Caller("owner", false).Owns(Venue).ShouldBeTrue();
        new Caller("Owner", false).Owns(Venue).ShouldBeFalse();
        new Caller("owner ", false).Owns(Venue).ShouldBeFalse();
    }

    private static ClaimsPrincipal Token(params (string Type, string Value)[] claims) =>
        new(new ClaimsIdentity(claims.Select(c => new Claim(c.Type, c.Value)), "test"));

    [Fact]
    public void A_caller_is_the_sub_and_the_role_of_the_token()
    {
        Caller.Of(Token(("sub", "u1"))).ShouldBe(new Caller("u1", false));
        Caller.Of(Token(("sub", "u1"), ("role", "HEAD_MODERATOR"))).ShouldBe(new Caller("u1", true));
        Caller.Of(Token(("sub", "u1"), ("role", "WAITER"), ("role", "HEAD_MODERATOR"))).ShouldBe(new Caller("u1", true));
        Caller.Of(Token(("sub", "u1"), ("role", "head_moderator"), ("roles", "HEAD_MODERATOR"))).ShouldBe(new Caller("u1", false));
    }

    [Fact]
    public void A_token_without_a_sub_is_unauthenticated()
    {
        ClaimsPrincipal?[] withoutSub = [null, new(), Token(), Token(("sub", "")), Token(("role", "HEAD_MODERATOR"))];
        foreach (var user in withoutSub)
            Should.Throw<ApiError>(() => Caller.Of(user)).Code.ShouldBe("UNAUTHENTICATED");
    }
}
