using System.Text.RegularExpressions;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;

namespace Integrations.Venues;

/// <summary>What a venue's settings must satisfy; each answers null when it is well.</summary>
internal static partial class VenueValidator
{
    /// <summary>Ids travel in URLs and NOTIFY payloads: 1 to 64 of A–Z, a–z, 0–9, dash, underscore, dot.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,64}\z")]
    private static partial Regex IdPattern();

    public static UserError? CheckId(string id) =>
        IdPattern().IsMatch(id)
            ? null
            : UserError.Invalid("An id has 1 to 64 letters, digits, dashes, dots or underscores. Leave it out to have one made.", "id");

    public static UserError? CheckName(string name) =>
        name.Trim().Length is >= 1 and <= 200 && !name.Any(char.IsControl)
            ? null
            : UserError.Invalid("A name has 1 to 200 characters.", "name");

    public static UserError? CheckTimeZone(string zone) =>
        DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) is not null
            ? null
            : UserError.Invalid($"'{zone}' is not an IANA time zone. Use one such as Europe/Berlin.", "timeZone");

    public static UserError? CheckCurrency(string currency) =>
        Currency.Exists(currency)
            ? null
            : UserError.Invalid($"'{currency}' is not an ISO 4217 currency. Use three capitals such as EUR.", "currency");

    public static UserError? CheckDayCutoff(LocalTime cutoff) =>
        cutoff.TickOfDay % (15 * NodaConstants.TicksPerMinute) == 0
            ? null
            : UserError.Invalid("The day starts on a quarter of an hour, e.g. 06:00 or 05:45.", "dayCutoff");

    public static UserError? CheckOwners(IReadOnlyList<string> owners) =>
        owners.All(o => o.Trim().Length is >= 1 and <= 200 && !o.Any(char.IsControl))
            ? null
            : UserError.Invalid("An owner is a user id: the sub claim of that user's token, 1 to 200 characters.", "ownerUserIds");
}
