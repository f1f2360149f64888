using System.Text.RegularExpressions;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;

namespace Integrations.Venues;

/// <summary>Checks the settings of a venue. Each method returns null when the value is valid.</summary>
internal static partial class VenueValidator
{
    /// <summary>Ids appear in URLs and NOTIFY payloads, so they consist of 1 to 64 letters, digits, dashes, underscores and
    /// dots.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,64}\z")]
    private static partial Regex IdPattern();

    public static UserError? CheckId(string id) =>
        IdPattern().IsMatch(id)
            ? null
            : UserError.Invalid(
                "The id must consist of 1 to 64 letters, digits, dashes, dots or underscores. Leave it out to have one " + "generated.",
                "id"
            );

    public static UserError? CheckName(string name) =>
        name.Trim().Length is >= 1 and <= 200 && !name.Any(char.IsControl)
            ? null
            : UserError.Invalid("The name must have 1 to 200 characters and no control characters. Pass another name.", "name");

    public static UserError? CheckTimeZone(string zone) =>
        DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) is not null
            ? null
            : UserError.Invalid($"'{zone}' is not an IANA time zone. Use one such as Europe/Berlin.", "timeZone");

    public static UserError? CheckCurrency(string currency) =>
        Currency.Exists(currency)
            ? null
            : UserError.Invalid($"'{currency}' is not an ISO 4217 currency. Use three capital letters such as EUR.", "currency");

    public static UserError? CheckDayCutoff(LocalTime cutoff) =>
        cutoff.TickOfDay % (15 * NodaConstants.TicksPerMinute) == 0
            ? null
            : UserError.Invalid("The day cut-off must be a multiple of 15 minutes. Use a time such as 06:00 or 05:45.", "dayCutoff");

    public static UserError? CheckOwners(IReadOnlyList<string> owners) =>
        owners.All(o => o.Trim().Length is >= 1 and <= 200 && !o.Any(char.IsControl))
            ? null
            : UserError.Invalid(
                "Each owner must be a user id, the sub claim of that user's token, of 1 to 200 characters. Correct " + "ownerUserIds.",
                "ownerUserIds"
            );
}
