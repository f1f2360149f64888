using Integrations.Square;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Square;

/// <summary>Payments that must not be counted as they are: their events are stored as FAILED for a person to look at.</summary>
public sealed class SquareStrictPayloadTests
{
    [Theory]
    [InlineData("2020-11-22T21:16:51")]
    [InlineData("2020-11-22")]
    public void A_time_without_an_offset_is_unreadable(string time)
    {
        var text = System
            .Text.Encoding.UTF8.GetString(SquareSample.Bytes("webhook.payment.updated.json"))
            .Replace("2020-11-22T21:19:00.831Z", time);
        SquareTranslator.Translate(System.Text.Encoding.UTF8.GetBytes(text)).UnreadableReason.ShouldNotBeNull();
    }

    [Fact]
    public void A_negative_total_is_unreadable()
    {
        var text = System
            .Text.Encoding.UTF8.GetString(SquareSample.Bytes("webhook.payment.updated.json"))
            .Replace("\"amount\": 100", "\"amount\": -100");
        SquareTranslator.Translate(System.Text.Encoding.UTF8.GetBytes(text)).UnreadableReason.ShouldNotBeNull();
    }

    [Fact]
    public void A_time_out_of_range_is_unreadable()
    {
        var text = System
            .Text.Encoding.UTF8.GetString(SquareSample.Bytes("webhook.payment.updated.json"))
            .Replace("2020-11-22T21:16:51.086Z", "9999-12-31T23:59:59Z");
        SquareTranslator.Translate(System.Text.Encoding.UTF8.GetBytes(text)).UnreadableReason.ShouldNotBeNull();
    }
}
