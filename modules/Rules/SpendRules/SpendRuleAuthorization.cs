using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;

namespace Rules.SpendRules;

internal static class SpendRuleAuthorization
{
    /// <summary>Finds a rule that is to be changed. Null when there is none or the caller may not see its venue; throws FORBIDDEN when
    /// they may see it but not change it.</summary>
    public static async Task<SpendRule?> FindRuleToChangeAsync(
        this RulesDb db,
        string ruleId,
        IVenues venues,
        Caller caller,
        CancellationToken cancellationToken
    )
    {
        if (
            !Guid.TryParse(ruleId, out var id)
            || await db.SpendRules.SingleOrDefaultAsync(r => r.Id == id && r.DeletedAt == null, cancellationToken) is not { } rule
            || await venues.FindAsync(rule.VenueId, cancellationToken) is not { } venue
            || !caller.May(Right.ViewVenue, venue)
        )
            return null;
        caller.Demand(Right.ManageMembers, venue);
        return rule;
    }
}
