namespace PosModular.Benchmarks.Reports;

/// <summary>The results as a table in Markdown, which is also readable in a terminal.</summary>
internal static class Table
{
    public static string Of(IReadOnlyList<Row> rows)
    {
        string[][] lines =
        [
            ["Measured", "PosModular", "Baseline of the same run", "Ratio", "Mark", "Peak memory"],
            .. rows.Select(row => new[] { row.Name, row.Host, row.Baseline ?? "", row.Ratio, row.Limit, row.Peak }),
        ];
        var widths = Enumerable.Range(0, lines[0].Length).Select(column => lines.Max(line => line[column].Length)).ToArray();
        var text = lines.Select(line => $"| {string.Join(" | ", line.Select((cell, column) => cell.PadRight(widths[column])))} |").ToList();
        text.Insert(1, $"| {string.Join(" | ", widths.Select(width => new string('-', width)))} |");
        return string.Join('\n', text) + "\n";
    }
}
