using GraphQL;
using Integrations.Contracts.Venues;
using NodaTime;
using Rules.SpendRules;

namespace Rules.Members;

/// <summary>A user as a venue knows him.</summary>
internal sealed class Member(IVenue venue, MemberRow row)
{
    [Ignore]
    public IVenue Venue => venue;

    /// <summary>The sub claim of the user's token.</summary>
    [Id]
    public string UserId => row.UserId;

    /// <summary>The highest tier unlocked.</summary>
    public Tier Tier => row.Tier;

    /// <summary>All access unlocked.</summary>
    public IReadOnlyList<AccessLevel> Access => row.Access;

    /// <summary>The time of the first sale here, also one called off or given to somebody else since.</summary>
    public Instant? FirstSeenAt => row.FirstSeenAt;

    /// <summary>The time of the last sale here, also one called off or given to somebody else since.</summary>
    public Instant? LastSeenAt => row.LastSeenAt;
}
