using CsCheck;
using Ingestion.Ledger;
using Integrations.Contracts.Connections;
using NodaTime;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>Which of two states of a payment is the newer one: a total order that does not depend on their arrival.</summary>
public sealed class PaymentVersionTests
{
    // Few values of each part, so that ties are common.
    private static readonly Gen<PaymentVersion> Version = Gen.Select(
            Gen.Long[0, 2],
            Gen.Int[0, 4],
            Gen.Long[0, 2],
            Gen.Long[0, 2],
            Gen.Long[-1, 1]
        )
        .Select(
            (at, finality, refunded, total, hash) =>
                new PaymentVersion(Instant.FromUnixTimeTicks(at * 10), (PaymentState)finality, refunded, total, hash)
        );

    private static readonly PosPayment Payment = new(
        "p",
        "o",
        "L",
        PaymentState.Captured,
        Instant.FromUnixTimeSeconds(100),
        Instant.FromUnixTimeSeconds(200),
        "EUR",
        1_000,
        100,
        50,
        PaymentMethod.Card,
        new PosCard("VISA", "1234", "EMV", "f")
    );

    private static int Compare(PaymentVersion a, PaymentVersion b) => Math.Sign(a.CompareTo(b));

    [Fact]
    public void The_order_is_antisymmetric() => Gen.Select(Version, Version).Sample((a, b) => Compare(a, b) == -Compare(b, a));

    [Fact]
    public void Only_equal_versions_compare_as_equal() =>
        Gen.Select(Version, Version).Sample((a, b) => (Compare(a, b) == 0) == (a == b) && Compare(a, a) == 0);

    [Fact]
    public void The_order_is_transitive() =>
        Gen.Select(Version, Version, Version).Sample((a, b, c) => !(Compare(a, b) >= 0 && Compare(b, c) >= 0) || Compare(a, c) >= 0);

    [Fact]
    public void The_comparison_operators_agree_with_CompareTo() =>
        Gen.Select(Version, Version)
            .Sample(
                (a, b) =>
                    (a < b) == (Compare(a, b) < 0)
                    && (a > b) == (Compare(a, b) > 0)
                    && (a <= b) == (Compare(a, b) <= 0)
                    && (a >= b) == (Compare(a, b) >= 0)
            );

    [Fact]
    public void The_providers_time_decides_before_everything_else() =>
        PaymentVersion
            .Of(
                Payment with
                {
                    UpdatedAt = Payment.UpdatedAt + Duration.FromTicks(10),
                    State = PaymentState.Pending,
                    RefundedMinor = 0,
                    TotalMinor = 0,
                }
            )
            .ShouldBeGreaterThan(PaymentVersion.Of(Payment));

    [Fact]
    public void At_the_same_time_the_more_final_state_is_newer()
    {
        PaymentState[] states =
        [
            PaymentState.Pending,
            PaymentState.Authorized,
            PaymentState.Failed,
            PaymentState.Canceled,
            PaymentState.Captured,
        ];

        states
            .Select(s => PaymentVersion.Of(Payment with { State = s, RefundedMinor = 100 - (int)s }))
            .ShouldBeInOrder(SortDirection.Ascending);
    }

    [Fact]
    public void After_the_state_the_larger_refund_and_then_the_larger_total_is_newer()
    {
        PaymentVersion.Of(Payment with { RefundedMinor = 51, TotalMinor = 1 }).ShouldBeGreaterThan(PaymentVersion.Of(Payment));
        PaymentVersion.Of(Payment with { TotalMinor = 1_001 }).ShouldBeGreaterThan(PaymentVersion.Of(Payment));
    }

    [Fact]
    public void The_same_state_from_an_event_and_from_a_sync_is_one_version() =>
        PaymentVersion.Of(Payment with { Card = Payment.Card! with { } }).ShouldBe(PaymentVersion.Of(Payment));

    [Fact]
    public void A_change_of_any_stored_field_makes_another_version()
    {
        PosPayment[] others =
        [
            Payment with
            {
                ExternalId = "q",
            },
            Payment with
            {
                OrderId = null,
            },
            Payment with
            {
                OccurredAt = Payment.OccurredAt + Duration.FromTicks(10),
            },
            Payment with
            {
                Currency = "USD",
            },
            Payment with
            {
                TipMinor = 101,
            },
            Payment with
            {
                Method = PaymentMethod.Cash,
            },
            Payment with
            {
                Card = null,
            },
            Payment with
            {
                Card = Payment.Card! with { Brand = "JCB" },
            },
            Payment with
            {
                Card = Payment.Card with { Last4 = "4321" },
            },
            Payment with
            {
                Card = Payment.Card with { EntryMethod = "KEYED" },
            },
            Payment with
            {
                Card = Payment.Card with { Fingerprint = "g" },
            },
        ];

        others.Select(PaymentVersion.Of).Append(PaymentVersion.Of(Payment)).Distinct().Count().ShouldBe(others.Length + 1);
    }
}
