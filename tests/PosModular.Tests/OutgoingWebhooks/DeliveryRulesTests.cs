using Integrations.OutgoingWebhooks;
using NodaTime;
using Shouldly;
using Xunit;

namespace PosModular.Tests.OutgoingWebhooks;

/// <summary>How deliveries are signed and repeated.</summary>
public sealed class DeliveryRulesTests
{
    // Source: Standard Webhooks, the example of the reference libraries.
    [Fact]
    public void The_example_of_the_convention_has_its_signature()
    {
        const string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        const string signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

        WebhookSignature
            .Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", """{"test": 2432232314}""", [secret, secret])
            .ShouldBe($"{signature} {signature}");
    }

    [Fact]
    public void A_secret_has_32_bytes_and_is_never_the_same()
    {
        var secrets = Enumerable.Range(0, 100).Select(_ => WebhookSignature.NewSecret()).ToArray();

        secrets.Distinct().Count().ShouldBe(100);
        foreach (var secret in secrets)
        {
            secret.ShouldStartWith("whsec_");
            Convert.FromBase64String(secret["whsec_".Length..]).Length.ShouldBe(32);
        }
    }

    [Fact]
    public void A_delivery_is_tried_ten_times_over_three_days_with_jitter()
    {
        double[] seconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

        for (var attempts = 1; attempts <= seconds.Length; attempts++)
        {
            var delays = Enumerable.Range(0, 100).Select(_ => RetryDelays.After(attempts)!.Value.TotalSeconds).ToArray();
            delays.Min().ShouldBeInRange(seconds[attempts - 1] * 0.9, seconds[attempts - 1]);
            delays.Max().ShouldBeInRange(seconds[attempts - 1], seconds[attempts - 1] * 1.1);
        }
        RetryDelays.After(10).ShouldBeNull();
        Duration.FromSeconds(seconds.Sum()).ShouldBeLessThan(DeliveryQueue.MaxFailure);
    }
}
