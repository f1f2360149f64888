using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Schema;
using Rules.SpendRules;

namespace Rules.Members;

/// <summary>A user who has bought something at a venue, with their tier, access and spend there.</summary>
internal sealed class Member(IVenue venue, MemberRow row) : IMember, INode
{
    [Ignore]
    public IVenue Venue => venue;

    /// <summary>The id of this user's membership at this venue. It never changes and says nothing about the user.</summary>
    public Guid Id => MemberRow.IdOf(row.VenueId, row.UserId);

    /// <summary>The id of the venue.</summary>
    [Id]
    public string VenueId => row.VenueId;

    /// <summary>The user's id: the sub claim of their token.</summary>
    [Id]
    public string UserId => row.UserId;

    /// <summary>The highest tier among the member's unlocks in force; GUEST without any.</summary>
    public Tier Tier => row.Tier;

    /// <summary>Every access level among the member's unlocks in force.</summary>
    public IReadOnlyList<AccessLevel> Access => row.Access;

    /// <summary>The time of the member's first transaction at the venue, even if it was cancelled or assigned to somebody else later;
    /// null without any.</summary>
    public Instant? FirstSeenAt => row.FirstSeenAt;

    /// <summary>The time of the member's last transaction at the venue, even if it was cancelled or assigned to somebody else later; null
    /// without any.</summary>
    public Instant? LastSeenAt => row.LastSeenAt;
}
