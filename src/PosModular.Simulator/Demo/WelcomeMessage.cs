using System.Globalization;

namespace PosModular.Simulator.Demo;

/// <summary>What is printed once the demo is ready: where, with which tokens, and three operations to paste.</summary>
internal static class WelcomeMessage
{
    public static string Format(DemoSettings settings, DateOnly date)
    {
        var address = new Uri(settings.Target, "graphql");
        var day = date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var dashboard = $$"""
            { venues { nodes { name
                revenue(period: ALL) { total { formatted } tip { formatted } refunded { formatted } pending { formatted } count }
                friday: revenue(period: DAY, on: "{{day}}") { net { formatted } count }
                members(first: 3, tier: REGULAR) { nodes { userId tier lifetimeSpend { formatted } } }
                transactions(first: 3) { nodes { occurredAt status userId performerId total { formatted } } } } } }
            """;
        var curl = string.Join(' ', dashboard.Split('\n').Select(line => line.Trim())).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $$"""

            PosModular     {{address}}
            venues         {{string.Join(", ", DemoVenue.All.Select(venue => $"{venue.Id} ({venue.Name})"))}}

            OWNER of all three, sees the sales (sub {{DemoVenue.OwnerUserId}}, no role):
            {{settings.OwnerToken}}

            HEAD_MODERATOR, registers and connects, does not see sales (sub demo-moderator):
            {{settings.Token}}

            1. The dashboard, for the owner:

            {{dashboard}}

            curl -s {{address}} -H 'Content-Type: application/json' -H 'Authorization: Bearer {{settings.OwnerToken}}' -d '{"query":"{{curl}}"}'

            2. Who is let in, live, for the owner (a WebSocket, or curl -N with Accept: text/event-stream):

            subscription { tierUnlocked(venueId: "{{DemoVenue.All[
                0
            ].Id}}") { userId tier access rule { name } spendAtUnlock { formatted } } }

            3. A rule of your own, for either:

            mutation { createSpendRule(input: { venueId: "{{DemoVenue.All[
                0
            ].Id}}", name: "Welcome back", threshold: 20, unlocksTier: REGULAR }) {
                rule { id } errors { code message field } } }

            It is Friday, {{day}}, 18:00 at each venue, and an hour goes by in {{(3600 / settings.Speed).ToString(
                "0.##",
                CultureInfo.InvariantCulture
            )}} s. Ctrl-C stops it all.

            """;
    }
}
