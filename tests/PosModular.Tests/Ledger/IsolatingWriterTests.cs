using Ingestion.Ledger;
using Npgsql;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>Which items count as stored, rejected or to be tried again (docs/adr/0006-one-commit-per-batch.md).</summary>
public sealed class IsolatingWriterTests
{
    private const string DataError = "22003";
    private const string IntegrityViolation = "23502";
    private const string LockTimeout = "55P03";
    private const string ConnectionLost = "08006";

    private static PostgresException Error(string sqlState) => new PostgresException("no", "ERROR", "ERROR", sqlState);

    /// <summary>Writes items that are named venue:number; a write fails with the first error that one of its items has.</summary>
    private static async Task<(string Outcomes, int Writes)> WriteAsync(
        IReadOnlyList<string> items,
        Dictionary<string, string> errors,
        bool wroteVersions = true
    )
    {
        var (outcomes, writes) = (new List<string>(), 0);
        var written = IsolatingWriter.WriteAsync(
            items,
            item => item.Split(':')[0],
            part =>
            {
                writes++;
                return part.Select(errors.GetValueOrDefault).OfType<string>().FirstOrDefault() is { } sqlState
                    ? Task.FromException<BatchResult>(Error(sqlState))
                    : Task.FromResult(BatchResult.Empty with { WroteVersions = wroteVersions });
            },
            TestContext.Current.CancellationToken
        );
        await foreach (var outcome in written)
            outcomes.Add($"{outcome.Item} {outcome.Status}");
        return (string.Join(", ", outcomes), writes);
    }

    [Fact]
    public async Task Items_without_a_fault_are_stored_in_one_commit() =>
        (await WriteAsync(["a:1", "a:2", "b:3"], [])).ShouldBe(("a:1 Stored, a:2 Stored, b:3 Stored", 1));

    [Fact]
    public async Task Nothing_is_written_for_no_items() => (await WriteAsync([], [])).ShouldBe(("", 0));

    [Fact]
    public async Task An_item_with_a_data_error_is_rejected_and_its_neighbours_are_stored() =>
        (await WriteAsync(["a:1", "a:2", "a:3", "a:4"], new() { ["a:3"] = DataError })).Outcomes.ShouldBe(
            "a:1 Stored, a:2 Stored, a:3 Rejected, a:4 Stored"
        );

    [Fact]
    public async Task An_item_with_a_data_error_is_rejected_also_when_it_is_alone() =>
        (await WriteAsync(["a:1"], new() { ["a:1"] = DataError })).ShouldBe(("a:1 Rejected", 1));

    [Fact]
    public async Task An_item_that_breaks_an_integrity_rule_is_rejected_when_a_neighbour_is_stored() =>
        (await WriteAsync(["a:1", "a:2", "a:3"], new() { ["a:1"] = IntegrityViolation })).Outcomes.ShouldBe(
            "a:2 Stored, a:3 Stored, a:1 Rejected"
        );

    [Fact]
    public async Task Items_that_all_break_an_integrity_rule_are_tried_again_later() =>
        (await WriteAsync(["a:1", "a:2"], new() { ["a:1"] = IntegrityViolation, ["a:2"] = IntegrityViolation })).Outcomes.ShouldBe(
            "a:1 Retry, a:2 Retry"
        );

    [Fact]
    public async Task A_rejected_neighbour_does_not_show_that_the_table_is_in_order() =>
        (await WriteAsync(["a:1", "a:2"], new() { ["a:1"] = DataError, ["a:2"] = IntegrityViolation })).Outcomes.ShouldBe(
            "a:1 Rejected, a:2 Retry"
        );

    [Fact]
    public async Task A_neighbour_that_wrote_no_version_does_not_show_that_the_table_is_in_order() =>
        (await WriteAsync(["a:1", "a:2"], new() { ["a:2"] = IntegrityViolation }, wroteVersions: false)).Outcomes.ShouldBe(
            "a:1 Stored, a:2 Retry"
        );

    [Fact]
    public async Task A_venue_whose_lock_is_not_granted_keeps_no_other_venue_waiting() =>
        (await WriteAsync(["a:1", "b:2", "a:3", "c:4"], new() { ["a:1"] = LockTimeout, ["a:3"] = LockTimeout })).Outcomes.ShouldBe(
            "a:1 Retry, a:3 Retry, b:2 Stored, c:4 Stored"
        );

    [Fact]
    public async Task When_the_database_is_away_nothing_more_is_tried() =>
        (
            await WriteAsync(
                ["a:1", "a:2", "a:3", "a:4"],
                new()
                {
                    ["a:1"] = DataError,
                    ["a:2"] = ConnectionLost,
                    ["a:4"] = DataError,
                }
            )
        ).ShouldBe(("a:1 Rejected, a:2 Retry, a:3 Retry, a:4 Retry", 4));

    [Fact]
    public async Task One_faulty_item_among_many_is_found_in_few_writes()
    {
        var items = Enumerable.Range(0, 512).Select(i => $"a:{i}").ToArray();
        var (outcomes, writes) = await WriteAsync(items, new() { ["a:300"] = DataError });
        outcomes.Split(", ").Count(o => o.EndsWith("Stored", StringComparison.Ordinal)).ShouldBe(511);
        writes.ShouldBe(19);
    }
}
