using Ingestion.Contracts;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>Which statuses count as captured and which as paid.</summary>
public sealed class TransactionStatusTests
{
    [Theory]
    [InlineData(TransactionStatus.Pending, false, false)]
    [InlineData(TransactionStatus.Authorized, false, true)]
    [InlineData(TransactionStatus.Completed, true, true)]
    [InlineData(TransactionStatus.PartiallyRefunded, true, true)]
    [InlineData(TransactionStatus.Refunded, true, true)]
    [InlineData(TransactionStatus.Canceled, false, false)]
    [InlineData(TransactionStatus.Failed, false, false)]
    public void Each_status_says_whether_it_is_captured_and_whether_it_is_paid(TransactionStatus status, bool captured, bool paid)
    {
        status.IsCaptured().ShouldBe(captured);
        status.IsPaid().ShouldBe(paid);
    }

    [Fact]
    public void Every_status_is_tested_above() => Enum.GetValues<TransactionStatus>().Length.ShouldBe(7);
}
