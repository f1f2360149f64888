using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace PosModular.Benchmarks;

/// <summary>A child process, killed on disposal.</summary>
internal sealed class RunningProgram(Process process) : IAsyncDisposable
{
    private readonly Channel<string> _output = Channel.CreateUnbounded<string>();

    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables beside those of this process.</param>
    /// <param name="keepsOutput">Whether its lines are kept for <see cref="ReadLineAsync"/>; if not, they are dropped.</param>
    public static RunningProgram Start(
        string file,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        bool keepsOutput = false
    )
    {
        var start = new ProcessStartInfo(file)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        var program = new RunningProgram(process);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
                program._output.Writer.TryComplete();
            else if (keepsOutput)
                program._output.Writer.TryWrite(line.Data);
        };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
                Console.Error.WriteLine(line.Data);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return program;
    }

    public static async Task<string> OutputAsync(
        string file,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string> environment
    )
    {
        var start = new ProcessStartInfo(file) { RedirectStandardOutput = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }

    public static async Task WaitUntilListeningAsync(Uri address)
    {
        while (true)
        {
            try
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port));
                return;
            }
            catch (SocketException)
            {
                await Task.Yield();
            }
        }
    }

    public static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    /// <summary>Writes a line to the program's standard input and returns the line with which it answers.</summary>
    public async Task<string> AskAsync(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        return await ReadLineAsync();
    }

    /// <summary>The next line of the program's standard output; throws when the program has ended.</summary>
    public async Task<string> ReadLineAsync() =>
        await _output.Reader.WaitToReadAsync() && _output.Reader.TryRead(out var line)
            ? line
            : throw new InvalidOperationException("A program that the benchmark had started has ended. Its error stands above.");

    public TimeSpan ProcessorTime => process.TotalProcessorTime;

    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>The most memory that the process has had resident since its start. Linux only.</summary>
    public long PeakResidentBytes =>
        File.ReadLines($"/proc/{process.Id}/status")
            .Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Select(line => long.Parse(line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture))
            .Single() * 1024;

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
