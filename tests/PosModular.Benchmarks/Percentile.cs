namespace PosModular.Benchmarks;

internal static class Percentile
{
    /// <summary>The value below which this part of the sorted values lies; zero without values.</summary>
    public static TimeSpan Of(TimeSpan[] sorted, double part) => sorted.Length == 0 ? TimeSpan.Zero : sorted[(int)(sorted.Length * part)];
}
