using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;
using DayOfWeek = Integrations.Contracts.Calendar.DayOfWeek;

namespace Rules.SpendRules;

/// <summary>The live window of a spend rule.</summary>
internal sealed record LiveWindowInput
{
    /// <summary>The days of the week on which the window starts; every day when left out.</summary>
    public IReadOnlyList<DayOfWeek>? Days { get; init; }

    /// <summary>The local time at which the window starts, inclusive.</summary>
    public required LocalTime Start { get; init; }

    /// <summary>The local time at which the window ends, exclusive. At or before the start, the window runs over midnight.</summary>
    public required LocalTime End { get; init; }

    public LiveWindow ToLiveWindow() => LiveWindow.FromDayMask(new LiveWindow(Days ?? [], Start, End).DayMask, Start, End);
}

/// <summary>Validates the fields of a spend rule. Each check returns null for a valid value.</summary>
internal static class SpendRuleValidator
{
    public static UserError? CheckName(string name) =>
        name.Trim().Length is >= 1 and <= 200 && !name.Any(char.IsControl)
            ? null
            : UserError.Invalid("Pass a name of 1 to 200 characters without control characters.", "name");

    public static UserError? CheckCurrency(string currency) =>
        Currency.Exists(currency)
            ? null
            : UserError.Invalid($"'{currency}' is not an ISO 4217 currency. Use three capitals such as EUR.", "currency");

    public static UserError? CheckPerformer(string? id) =>
        id is null || (id.Trim().Length is >= 1 and <= 200 && !id.Any(char.IsControl))
            ? null
            : UserError.Invalid("Pass a performer id of 1 to 200 characters without control characters.", "performerId");

    public static UserError? CheckWindow(bool liveOnly, LiveWindow? window) =>
        window is null || liveOnly
            ? null
            : UserError.Invalid("A live window counts only with liveOnly: true. Set it, or leave the window out.", "liveWindow");

    /// <summary>Converts units of the currency to minor units. Null when the amount has more decimals than the currency, is not above 0
    /// or is too large.</summary>
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
            $"Pass a threshold above 0 with at most {Currency.MinorUnitDigits(currency)} decimals, as {currency} has.",
            "threshold"
        );
}
