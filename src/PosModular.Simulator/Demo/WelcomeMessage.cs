using System.Globalization;

namespace PosModular.Simulator.Demo;

/// <summary>The text printed once the demo is ready: the address, the tokens and three operations to try.</summary>
internal static class WelcomeMessage
{
    public static string Format(DemoSettings settings, DateOnly date)
    {
        var address = new Uri(settings.Target, "graphql");
        var day = date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var oneDay = settings.IsNow ? "today: revenue(period: DAY)" : $"friday: revenue(period: DAY, on: \"{day}\")";
        var clock = settings.IsNow
            ? $"Sales are made now; each venue has {settings.HistoryDays} days of history behind it. Ctrl-C stops everything."
            : $"It is Friday, {day}, 18:00 at each venue, and an hour passes in {HourInSeconds(settings)} s. Ctrl-C stops everything.";
        var dashboard = $$"""
            { venues { nodes { name
                revenue(period: ALL) { total { formatted } tip { formatted } refunded { formatted } pending { formatted } count }
                {{oneDay}} { net { formatted } count }
                members(first: 3, tier: REGULAR) { nodes { userId tier lifetimeSpend { formatted } } }
                transactions(first: 3) { nodes { occurredAt status userId performerId total { formatted } } } } } }
            """;
        var curl = string.Join(' ', dashboard.Split('\n').Select(line => line.Trim())).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $$"""

            Console        {{settings.Target}}
            GraphQL        {{address}}
            venues         {{string.Join(", ", DemoVenue.All.Select(venue => $"{venue.Id} ({venue.Name})"))}}

            OWNER of all venues, who sees transactions (sub {{DemoVenue.OwnerUserId}}, no role):
            {{settings.OwnerToken}}

            HEAD_MODERATOR, who registers and connects venues but does not see transactions (sub demo-moderator):
            {{settings.Token}}

            1. The dashboard, as the owner:

            {{dashboard}}

            curl -s {{address}} -H 'Content-Type: application/json' \
              -H 'Authorization: Bearer {{settings.OwnerToken}}' -d '{"query":"{{curl}}"}'

            2. Unlocked tiers, live, as the owner (over a WebSocket, or curl -N with Accept: text/event-stream):

            subscription { tierUnlocked(venueId: "{{DemoVenue.All[
                0
            ].Id}}") { userId tier access rule { name } spendAtUnlock { formatted } } }

            3. A spend rule of your own, as either user:

            mutation { createSpendRule(input: { venueId: "{{DemoVenue.All[
                0
            ].Id}}", name: "Welcome back", threshold: 20, unlocksTier: REGULAR }) {
                rule { id } errors { code message field } } }

            {{clock}}

            """;
    }

    private static string HourInSeconds(DemoSettings settings) => (3600 / settings.Speed).ToString("0.##", CultureInfo.InvariantCulture);
}
