using Ingestion;
using Microsoft.Extensions.Configuration;
using NodaTime;
using PosModular.Kernel.Settings;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Settings;

/// <summary>How long raw webhook events are kept.</summary>
public sealed class IngestionSettingsTests
{
    private static Duration? Read(string? days) =>
        IngestionSettings
            .Read(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Pos:WebhookEvents:KeepDays", days)]).Build())
            .WebhookEventRetention;

    [Fact]
    public void The_default_is_60_days_and_0_keeps_events_forever()
    {
        Read(null).ShouldBe(Duration.FromDays(60));
        Read("7").ShouldBe(Duration.FromDays(7));
        Read("0").ShouldBeNull();
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("two")]
    [InlineData("1.5")]
    [InlineData("99999")]
    public void An_invalid_value_stops_the_start_with_the_name_of_the_setting(string days) =>
        Should.Throw<SettingException>(() => Read(days)).Message.ShouldStartWith("Pos__WebhookEvents__KeepDays: ");
}
