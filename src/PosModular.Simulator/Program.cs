using PosModular.Simulator;

try
{
    await using var app = PosSimulator.Build(args);
    await app.RunAsync();
    return Environment.ExitCode;
}
catch (Exception e) when (e is ArgumentException or IOException)
{
    // For a wrong setting or a port in use, one line says enough.
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

/// <summary>Kept internal so that a test project that references several programs sees no second public Program.</summary>
internal sealed partial class Program;
