namespace PosModular.Benchmarks.Reports;

/// <summary>A limit that a figure has to keep.</summary>
internal sealed record Mark(double Limit, bool IsMinimum)
{
    public static Mark AtLeast(double limit) => new(limit, IsMinimum: true);

    public static Mark AtMost(double limit) => new(limit, IsMinimum: false);

    public bool IsMissedBy(double figure) => double.IsNaN(figure) || (IsMinimum ? figure < Limit : figure > Limit);

    public override string ToString() => $"{(IsMinimum ? "≥" : "≤")} {Limit:0.##}";
}

/// <summary>One line of the table of results.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Host">The figure of PosModular with its unit.</param>
/// <param name="Baseline">What it is compared with, and the figure of that; null without a comparison.</param>
/// <param name="Figure">The ratio of both or, without a comparison, the figure itself.</param>
/// <param name="Mark">The limit of <paramref name="Figure"/>; null when it has none.</param>
/// <param name="PeakBytes">The most memory that the host had resident up to then; null when it was not measured.</param>
internal sealed record Row(string Name, string Host, string? Baseline, double? Figure, Mark? Mark = null, long? PeakBytes = null)
{
    public bool IsMissed => Mark is not null && Mark.IsMissedBy(Figure ?? double.NaN);

    public string Ratio => Baseline is null || Figure is null ? "" : $"{Figure:0.00}";

    public string Limit => Mark is null ? "" : $"{Mark}{(IsMissed ? " MISSED" : "")}";

    public string Peak => PeakBytes is null ? "" : $"{PeakBytes / 1e6:N0} MB";
}
