using Integrations.Venues;
using NodaTime;
using PosModular.Kernel.Errors;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Venues;

/// <summary>What a venue's settings must satisfy. An error names the field and says what to do.</summary>
public sealed class VenueValidatorTests
{
    private static void ShouldBeInvalid(UserError? error, string field)
    {
        error.ShouldNotBeNull();
        (error.Code, error.Field).ShouldBe((ErrorCode.InvalidInput, field));
        error.Message.Length.ShouldBeGreaterThan(10);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("venue_1.main-bar")]
    [InlineData("0193a000-0000-7000-8000-000000000001")]
    public void An_id_of_letters_digits_underscore_dot_and_hyphen_is_valid(string id) => VenueValidator.CheckId(id).ShouldBeNull();

    [Fact]
    public void An_id_of_64_characters_is_valid_and_one_of_65_is_not()
    {
        VenueValidator.CheckId(new string('a', 64)).ShouldBeNull();
        ShouldBeInvalid(VenueValidator.CheckId(new string('a', 65)), "id");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a,b")]
    [InlineData("a|b")]
    [InlineData("a/b")]
    [InlineData("*")]
    [InlineData("ü")]
    [InlineData("a\0")]
    [InlineData("\na")]
    [InlineData("a\r\nb")]
    [InlineData("venue\n")]
    public void An_id_that_would_break_a_url_or_a_notify_payload_is_refused(string id) => ShouldBeInvalid(VenueValidator.CheckId(id), "id");

    [Theory]
    [InlineData("Bar")]
    [InlineData(" Zur Post ")]
    [InlineData("酒場 🍶")]
    public void A_name_may_be_in_any_script(string name) => VenueValidator.CheckName(name).ShouldBeNull();

    [Fact]
    public void A_name_has_1_to_200_characters_and_no_control_characters()
    {
        VenueValidator.CheckName(new string('x', 200)).ShouldBeNull();
        ShouldBeInvalid(VenueValidator.CheckName(new string('x', 201)), "name");
        ShouldBeInvalid(VenueValidator.CheckName(""), "name");
        ShouldBeInvalid(VenueValidator.CheckName("   "), "name");
        ShouldBeInvalid(VenueValidator.CheckName("Bar\0"), "name");
        ShouldBeInvalid(VenueValidator.CheckName("Bar\nClub"), "name");
    }

    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("America/Argentina/Buenos_Aires", true)]
    [InlineData("UTC", true)]
    [InlineData("", false)]
    [InlineData("Berlin", false)]
    [InlineData("europe/berlin", false)]
    [InlineData("W. Europe Standard Time", false)]
    public void A_time_zone_is_an_IANA_id(string zone, bool isValid)
    {
        if (isValid)
            VenueValidator.CheckTimeZone(zone).ShouldBeNull();
        else
            ShouldBeInvalid(VenueValidator.CheckTimeZone(zone), "timeZone");
    }

    [Fact]
    public void A_currency_is_an_ISO_4217_code()
    {
        VenueValidator.CheckCurrency("EUR").ShouldBeNull();
        ShouldBeInvalid(VenueValidator.CheckCurrency("eur"), "currency");
        ShouldBeInvalid(VenueValidator.CheckCurrency("XYZ"), "currency");
    }

    [Fact]
    public void The_day_cutoff_is_a_whole_quarter_hour()
    {
        for (var minute = 0; minute < 24 * 60; minute++)
            (VenueValidator.CheckDayCutoff(LocalTime.FromMinutesSinceMidnight(minute)) is null).ShouldBe(minute % 15 == 0);
        ShouldBeInvalid(VenueValidator.CheckDayCutoff(new LocalTime(6, 0, 1)), "dayCutoff");
        ShouldBeInvalid(VenueValidator.CheckDayCutoff(LocalTime.MaxValue), "dayCutoff");
    }

    [Fact]
    public void Owners_are_user_ids()
    {
        VenueValidator.CheckOwners(["u1", "auth0|123", new string('x', 200)]).ShouldBeNull();
        VenueValidator.CheckOwners([]).ShouldBeNull();
        ShouldBeInvalid(VenueValidator.CheckOwners(["u1", ""]), "ownerUserIds");
        ShouldBeInvalid(VenueValidator.CheckOwners([" "]), "ownerUserIds");
        ShouldBeInvalid(VenueValidator.CheckOwners(["u\0"]), "ownerUserIds");
        ShouldBeInvalid(VenueValidator.CheckOwners([new string('x', 201)]), "ownerUserIds");
    }
}
