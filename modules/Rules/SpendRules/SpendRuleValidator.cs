using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;

namespace Rules.SpendRules;

/// <summary>A live window to set.</summary>
internal sealed record LiveWindowInput
{
    /// <summary>The days it starts on; all when left out.</summary>
    public IReadOnlyList<DayOfWeek>? Days { get; init; }

    /// <summary>Inclusive.</summary>
    public required LocalTime Start { get; init; }

    /// <summary>Exclusive; at or before the start it runs over midnight.</summary>
    public required LocalTime End { get; init; }

    public LiveWindow ToLiveWindow() => LiveWindow.FromDayMask(new LiveWindow(Days ?? [], Start, End).DayMask, Start, End);
}

/// <summary>What a rule's fields must satisfy; each answers null when it is well.</summary>
internal static class SpendRuleValidator
{
    public static UserError? CheckName(string name) =>
        name.Trim().Length is >= 1 and <= 200 && !name.Any(char.IsControl)
            ? null
            : UserError.Invalid("A name has 1 to 200 characters.", "name");

    public static UserError? CheckCurrency(string currency) =>
        Currency.Exists(currency)
            ? null
            : UserError.Invalid($"'{currency}' is not an ISO 4217 currency. Use three capitals such as EUR.", "currency");

    public static UserError? CheckPerformer(string? id) =>
        id is null || (id.Trim().Length is >= 1 and <= 200 && !id.Any(char.IsControl))
            ? null
            : UserError.Invalid("A performer is an id of yours, 1 to 200 characters.", "performerId");

    public static UserError? CheckWindow(bool liveOnly, LiveWindow? window) =>
        window is null || liveOnly
            ? null
            : UserError.Invalid("A live window counts only with liveOnly: true. Set it, or leave the window out.", "liveWindow");

    /// <summary>Units of the currency as minor units; null when there are too many digits, or it is not above 0 and within reach.</summary>
    public static long? ToMinorUnits(decimal units, string currency)
    {
        var factor = 1m;
        for (var digit = 0; digit < Currency.MinorUnitDigits(currency); digit++)
            factor *= 10;
        if (units <= 0 || units > long.MaxValue / factor / 1_000)
            return null;
        var minor = units * factor;
        return minor == decimal.Truncate(minor) ? (long)minor : null;
    }

    public static UserError InvalidThreshold(string currency) =>
        UserError.Invalid(
            $"A threshold is above 0 and has at most {Currency.MinorUnitDigits(currency)} digits after the point in {currency}.",
            "threshold"
        );
}
