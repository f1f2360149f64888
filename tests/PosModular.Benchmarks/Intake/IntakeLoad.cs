namespace PosModular.Benchmarks.Intake;

/// <summary>Sends webhooks in one situation after the other and counts what must be stored in the end.</summary>
internal sealed class IntakeLoad(BenchHost host)
{
    private const int PreparedRequestsPerSecond = 4_000;

    private long _payments;

    /// <summary>The hosts that receive webhooks, in turn.</summary>
    public List<Uri> Addresses { get; } = [host.Address];

    /// <summary>Returns when rules, analytics and the fetches of orders have caught up, so that no load burdens the next.</summary>
    public async Task<LoadResult> RunAsync(string name, RequestMix mix, int connections, TimeSpan warmUp, TimeSpan measured)
    {
        var requests = host.PrepareRequests((int)((warmUp + measured).TotalSeconds * PreparedRequestsPerSecond), mix);
        var result = await LoadGenerator.RunAsync(name, Addresses, connections, warmUp, measured, requests);
        Console.WriteLine(result);
        if (result.Refused > 0)
            throw new InvalidOperationException($"{name}: {result.Refused} webhooks were refused.");
        _payments += result.Answered - mix.CountCopies(result.Answered);
        await host.WaitForOrdersAsync();
        await host.WaitForReadersAsync();
        await ExistingTransactions.ExecuteAsync(host.Database, "checkpoint");
        return result;
    }

    /// <summary>Throws unless every payment is stored exactly once and revenue, spend and unlocks match.</summary>
    public async Task VerifyAsync()
    {
        if (!await host.VerifyAsync(_payments, "payments answered"))
            throw new InvalidOperationException(
                "What is stored does not match the webhooks that were answered 200. The line above says what."
            );
    }
}
