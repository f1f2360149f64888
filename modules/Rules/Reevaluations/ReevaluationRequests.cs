using NodaTime;
using PosModular.Kernel.Time;

namespace Rules.Reevaluations;

/// <summary>Requests reevaluations. The caller saves them with its change and raises the signal after the commit.</summary>
internal static class ReevaluationRequests
{
    /// <summary>Tries a rule on the members who are there already.</summary>
    public static ReevaluationRow OfRule(string venueId, Guid ruleId, Instant now) =>
        new()
        {
            VenueId = venueId,
            Id = now.NewId(),
            RuleId = ruleId,
            RequestedAt = now,
        };

    /// <summary>Tries the rules that ask for a live session on the transactions of a span again.</summary>
    public static ReevaluationRow OfSpan(string venueId, Instant from, Instant? to, Instant now) =>
        new()
        {
            VenueId = venueId,
            Id = now.NewId(),
            SpanFrom = from,
            SpanTo = to ?? Instant.MaxValue,
            RequestedAt = now,
        };
}
