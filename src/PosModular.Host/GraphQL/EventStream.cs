using System.Buffers;
using System.IO.Pipelines;
using GraphQL;

namespace PosModular.Host.GraphQL;

/// <summary>
/// One response of <c>next</c> and <c>complete</c> events (graphql-sse, PROTOCOL.md, "Distinct connections mode"), with a comment
/// now and then to keep proxies from closing it. Writes return when the network has taken them.
/// </summary>
internal sealed class EventStream : IAnswer, IAsyncDisposable
{
    private readonly PipeWriter output;
    private readonly ResultJson json;
    private readonly CancellationToken aborted;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly PeriodicTimer ticks;
    private readonly Task keepAlive;

    private EventStream(HttpResponse response, ResultJson json, TimeProvider clock)
    {
        output = response.BodyWriter;
        this.json = json;
        aborted = response.HttpContext.RequestAborted;
        ticks = new PeriodicTimer(Limits.KeepAlive, clock);
        keepAlive = KeepAlive();
    }

    public static async Task<EventStream> Open(HttpResponse response, ResultJson json, TimeProvider clock)
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        // nginx buffers answers unless told not to (nginx docs, proxy_buffering).
        response.Headers["X-Accel-Buffering"] = "no";
        await response.StartAsync(response.HttpContext.RequestAborted);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
        return new EventStream(response, json, clock);
    }

    public async ValueTask Next(ExecutionResult result, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            output.Write("event: next\ndata: "u8);
            json.Write(output, result);
            output.Write("\n\n"u8);
            await output.FlushAsync(aborted);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>The empty data line is needed: browsers drop events without one.</summary>
    public ValueTask Complete() => Write("event: complete\ndata:\n\n"u8.ToArray());

    public async ValueTask Fail(ExecutionErrors errors)
    {
        await Next(new ExecutionResult { Errors = errors }, aborted);
        await Complete();
    }

    private async Task KeepAlive()
    {
        try
        {
            while (await ticks.WaitForNextTickAsync(aborted))
                await Write(":\n\n"u8.ToArray());
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The client has gone; the operation notices by the same token.
        }
    }

    private async ValueTask Write(ReadOnlyMemory<byte> text)
    {
        await turn.WaitAsync(aborted);
        try
        {
            await output.WriteAsync(text, aborted);
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        ticks.Dispose();
        await keepAlive;
        turn.Dispose();
    }
}
