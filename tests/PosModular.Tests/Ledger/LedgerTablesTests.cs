using System.Data;
using System.Globalization;
using Ingestion;
using Ingestion.Identities;
using Ingestion.Ledger;
using Ingestion.Refunds;
using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>Each column is written under its own name and read back from it: two columns that change places fail one of these
/// tests.</summary>
public sealed class LedgerTablesTests
{
    private static readonly Guid Id = new("0193a000-0000-7000-8000-000000000001");
    private static readonly Guid ConnectionId = new("0193a000-0000-7000-8000-000000000002");

    private static Instant At(int second) => Instant.FromUnixTimeSeconds(1_700_000_000 + second);

    private static LedgerTransaction Transaction()
    {
        var payment = new PosPayment(
            "payment",
            "order",
            "",
            PaymentState.Captured,
            At(1),
            At(2),
            "EUR",
            1000,
            101,
            102,
            PaymentMethod.Cash,
            new PosCard("VISA", "1111", "EMV", null)
        );
        return new LedgerTransaction
        {
            Id = Id,
            Key = new PaymentKey("venue", Provider.Square, "payment"),
            ConnectionId = ConnectionId,
            Payment = payment,
            Version = new PaymentVersion(payment.UpdatedAt, payment.State, payment.RefundedMinor, payment.TotalMinor, 103),
            CardToken = "token",
            Identities = new SeenIdentities(
                new SeenIdentity("customer", At(4)),
                new SeenIdentity("email", At(5)),
                new SeenIdentity("phone", At(6))
            ),
            UserId = "user",
            MatchedBy = MatchedBy.Card,
            IsForgotten = true,
            RecordedAt = At(3),
            LastSeq = 104,
            AddedSeq = 105,
            RefundsMinor = 106,
            Breakdown = new Breakdown(107, 108, 109, true, 110),
            RulesOff = true,
        };
    }

    private static T RoundTrip<T>(ColumnSet<T> columns, T row, Func<System.Data.Common.DbDataReader, T> read)
    {
        using var table = new DataTable { Locale = CultureInfo.InvariantCulture };
        var values = columns.ValuesOf(row);
        foreach (var name in columns.Names.Split(", "))
            table.Columns.Add(name, typeof(object));
        table.Rows.Add([.. columns.Names.Split(", ").Select(name => values[name] ?? DBNull.Value)]);
        using var reader = table.CreateDataReader();
        reader.Read().ShouldBeTrue();
        return read(reader);
    }

    [Fact]
    public void Every_column_of_a_transaction_is_written_under_its_name_and_read_back()
    {
        TransactionTable
            .Columns.ValuesOf(Transaction())
            .ShouldBe(
                new Dictionary<string, object?>
                {
                    ["id"] = Id,
                    ["venue_id"] = "venue",
                    ["provider"] = (short)Provider.Square,
                    ["external_id"] = "payment",
                    ["connection_id"] = ConnectionId,
                    ["external_order_id"] = "order",
                    ["status"] = (short)global::Ingestion.Contracts.TransactionStatus.PartiallyRefunded,
                    ["currency"] = "EUR",
                    ["total_minor"] = 1000L,
                    ["tip_minor"] = 101L,
                    ["refunded_minor"] = 106L,
                    ["payment_refunded_minor"] = 102L,
                    ["payment_method"] = (short)PaymentMethod.Cash,
                    ["card_brand"] = "VISA",
                    ["card_last4"] = "1111",
                    ["card_entry_method"] = "EMV",
                    ["card_token"] = "token",
                    ["customer_token"] = "customer",
                    ["customer_token_at"] = At(4),
                    ["email_token"] = "email",
                    ["email_token_at"] = At(5),
                    ["phone_token"] = "phone",
                    ["phone_token_at"] = At(6),
                    ["occurred_at"] = At(1),
                    ["payment_updated_at"] = At(2),
                    ["payment_hash"] = 103L,
                    ["user_id"] = "user",
                    ["matched_by"] = (short)MatchedBy.Card,
                    ["is_forgotten"] = true,
                    ["recorded_at"] = At(3),
                    ["last_seq"] = 104L,
                    ["added_seq"] = 105L,
                    ["tax_minor"] = 107L,
                    ["discount_minor"] = 108L,
                    ["service_charge_minor"] = 109L,
                    ["breakdown_complete"] = true,
                    ["order_version"] = 110L,
                    ["rules_off"] = true,
                },
                ignoreOrder: true
            );
        RoundTrip(TransactionTable.Columns, Transaction(), TransactionTable.Read).ShouldBe(Transaction());
    }

    [Fact]
    public void Columns_that_may_be_null_are_read_back_as_null()
    {
        var transaction = Transaction() with { UserId = null, MatchedBy = null, AddedSeq = null, CardToken = null, Breakdown = default };
        RoundTrip(TransactionTable.Columns, transaction, TransactionTable.Read).ShouldBe(transaction);
    }

    [Fact]
    public void Every_column_of_a_version_is_written_under_its_name()
    {
        VersionTable
            .Columns.ValuesOf(new NewVersion(1, Transaction(), 2, true, false, At(9), VersionCause.Sync, "run"))
            .ShouldBe(
                new Dictionary<string, object?>
                {
                    ["venue_id"] = "venue",
                    ["seq"] = 1L,
                    ["transaction_id"] = Id,
                    ["previous_seq"] = 2L,
                    ["applied"] = true,
                    ["added"] = false,
                    ["recorded_at"] = At(9),
                    ["cause"] = (short)VersionCause.Sync,
                    ["cause_id"] = "run",
                    ["provider"] = (short)Provider.Square,
                    ["status"] = (short)global::Ingestion.Contracts.TransactionStatus.PartiallyRefunded,
                    ["currency"] = "EUR",
                    ["total_minor"] = 1000L,
                    ["tip_minor"] = 101L,
                    ["refunded_minor"] = 106L,
                    ["payment_method"] = (short)PaymentMethod.Cash,
                    ["user_id"] = "user",
                    ["occurred_at"] = At(1),
                    ["tax_minor"] = 107L,
                    ["discount_minor"] = 108L,
                    ["service_charge_minor"] = 109L,
                    ["breakdown_complete"] = true,
                    ["rules_off"] = true,
                },
                ignoreOrder: true
            );
    }

    [Fact]
    public void Every_column_of_a_refund_is_written_under_its_name_and_read_back()
    {
        var refund = new LedgerRefund(
            Id,
            new RefundKey("venue", Provider.Toast, "refund"),
            ConnectionId,
            new PosRefund("refund", "payment", "order", "", RefundState.Completed, 100, "EUR", "cold", At(1), At(2)),
            new RefundVersion(At(2), RefundState.Completed, 100, 101),
            At(3)
        );
        RefundTable
            .Columns.ValuesOf(refund)
            .ShouldBe(
                new Dictionary<string, object?>
                {
                    ["id"] = Id,
                    ["venue_id"] = "venue",
                    ["provider"] = (short)Provider.Toast,
                    ["external_id"] = "refund",
                    ["connection_id"] = ConnectionId,
                    ["payment_external_id"] = "payment",
                    ["external_order_id"] = "order",
                    ["currency"] = "EUR",
                    ["amount_minor"] = 100L,
                    ["state"] = (short)RefundState.Completed,
                    ["reason"] = "cold",
                    ["created_at"] = At(1),
                    ["updated_at"] = At(2),
                    ["hash"] = 101L,
                    ["recorded_at"] = At(3),
                },
                ignoreOrder: true
            );
        RoundTrip(RefundTable.Columns, refund, RefundTable.Read).ShouldBe(refund);
    }

    [Fact]
    public void The_described_columns_are_those_of_the_tables()
    {
        using var db = new IngestionDbDesignTimeFactory().CreateDbContext([]);
        ColumnsOf<TransactionRow>().ShouldBe(Sorted(TransactionTable.Columns.Names));
        ColumnsOf<TransactionVersionRow>().ShouldBe(Sorted(VersionTable.Columns.Names));
        ColumnsOf<RefundRow>().ShouldBe(Sorted(RefundTable.Columns.Names));
        ColumnsOf<WebhookEventRow>().ShouldBe(Sorted(WebhookEventTable.Columns.Names));

        IEnumerable<string> ColumnsOf<T>() =>
            db.Model.FindEntityType(typeof(T))!.GetProperties().Select(p => p.GetColumnName()).Order(StringComparer.Ordinal);
        static IEnumerable<string> Sorted(string names) => names.Split(", ").Order(StringComparer.Ordinal);
    }
}
