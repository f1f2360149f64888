using System.Globalization;

namespace PosModular.Benchmarks;

/// <param name="Connections">How many senders, each with one request under way.</param>
/// <param name="Venues">How many venues they send for.</param>
/// <param name="WarmUp">Not measured: the JIT and the plans.</param>
/// <param name="Measured">Measured.</param>
/// <param name="Readers">Whether rules and analytics follow; without them, the difference is what they cost.</param>
internal sealed record BenchSettings(int Connections, int Venues, TimeSpan WarmUp, TimeSpan Measured, bool Readers)
{
    public static BenchSettings Read(string[] args)
    {
        int Value(string name, int usual) => Array.IndexOf(args, name) is var at && at >= 0 ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : usual;
        return new(Value("--connections", 32), Value("--venues", 20), TimeSpan.FromSeconds(Value("--warm-up", 20)), TimeSpan.FromSeconds(Value("--seconds", 20)), !args.Contains("--without-readers"));
    }

    public static int Usage()
    {
        Console.Error.WriteLine("usage: ./bench [--connections 32] [--venues 20] [--warm-up 20] [--seconds 20] [--without-readers]");
        return 2;
    }
}
