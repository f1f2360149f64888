using System.Globalization;
using NodaTime.Text;
using Rules.Members;

namespace Rules.SpendRules;

/// <summary>A spend rule in words, for the audit log.</summary>
internal static class SpendRuleText
{
    private static readonly LocalTimePattern Time = LocalTimePattern.CreateWithInvariantCulture("HH:mm");

    /// <summary>All that the rule asks for and gives.</summary>
    public static string Describe(SpendRule rule) => string.Join("; ", FieldsOf(rule).Select(f => $"{f.Name}: {f.Value}"));

    /// <summary>What differs between two states of a rule, before and after; empty when nothing does.</summary>
    public static string DescribeChanges(SpendRule before, SpendRule after) =>
        string.Join(
            "; ",
            FieldsOf(before)
                .Zip(FieldsOf(after))
                .Where(f => f.First != f.Second)
                .Select(f => $"{f.First.Name}: {f.First.Value} → {f.Second.Value}")
        );

    private static IEnumerable<(string Name, string Value)> FieldsOf(SpendRule rule) =>
        [
            ("name", rule.Name),
            ("threshold", rule.Threshold.Formatted),
            ("unlocksTier", EnumNames.Of(rule.UnlocksTier)),
            ("grantsAccess", rule.GrantsAccess.Count == 0 ? "none" : string.Join(", ", rule.GrantsAccess.Select(EnumNames.Of))),
            ("liveOnly", Describe(rule.LiveOnly)),
            ("liveWindow", rule.LiveWindow is { } window ? Describe(window) : "none"),
            ("performerId", rule.PerformerId ?? "none"),
            ("priority", rule.Priority.ToString(CultureInfo.InvariantCulture)),
            ("enabled", Describe(rule.Enabled)),
        ];

    private static string Describe(bool value) => value ? "true" : "false";

    private static string Describe(LiveWindow window) =>
        $"{string.Join(", ", window.Days.Select(EnumNames.Of))} from {Time.Format(window.Start)} to {Time.Format(window.End)}";
}
