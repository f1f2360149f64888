using System.Buffers;
using System.IO.Pipelines;
using GraphQL;
using PosModular.Host.GraphQL.Execution;
using PosModular.Host.GraphQL.Http;

namespace PosModular.Host.GraphQL.ServerSentEvents;

/// <summary>
/// One response with <c>next</c> and <c>complete</c> events (graphql-sse, PROTOCOL.md, "Distinct connections mode"), and regular comments
/// that keep proxies from closing it. Writes return when the network has accepted the data.
/// </summary>
internal sealed class EventStream : IResultSink, IAsyncDisposable
{
    private readonly HttpContext _context;
    private readonly PipeWriter _output;
    private readonly ResultSerializer _serializer;
    private readonly CancellationToken _aborted;
    private readonly SemaphoreSlim _writeLock = new(1, 1);
    private readonly PeriodicTimer _keepAliveTimer;
    private readonly Task _keepAliveTask;

    private EventStream(HttpResponse response, ResultSerializer serializer, TimeProvider time)
    {
        _context = response.HttpContext;
        _output = response.BodyWriter;
        _serializer = serializer;
        _aborted = _context.RequestAborted;
        _keepAliveTimer = new PeriodicTimer(Limits.KeepAliveInterval, time);
        _keepAliveTask = SendKeepAlivesAsync();
    }

    public static async Task<EventStream> OpenAsync(HttpResponse response, ResultSerializer serializer, TimeProvider time)
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        // nginx buffers responses unless this header says no (nginx docs, proxy_buffering).
        response.Headers["X-Accel-Buffering"] = "no";
        await response.StartAsync(response.HttpContext.RequestAborted);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
        return new EventStream(response, serializer, time);
    }

    public async ValueTask NextAsync(ReadOnlyMemory<byte> result, CancellationToken cancellationToken)
    {
        await _writeLock.WaitAsync(cancellationToken);
        try
        {
            _output.Write("event: next\ndata: "u8);
            _output.Write(result.Span);
            await _output.WriteOrAbortAsync(_context, "\n\n"u8.ToArray());
        }
        finally
        {
            _writeLock.Release();
        }
    }

    /// <summary>The empty data line is required, because browsers drop events without one.</summary>
    public ValueTask CompleteAsync() => WriteAsync("event: complete\ndata:\n\n"u8.ToArray());

    public async ValueTask FailAsync(ExecutionErrors errors)
    {
        using (var json = _serializer.Serialize(new ExecutionResult { Errors = errors }))
            await NextAsync(json.Written, _aborted);
        await CompleteAsync();
    }

    private async Task SendKeepAlivesAsync()
    {
        try
        {
            while (await _keepAliveTimer.WaitForNextTickAsync(_aborted))
                await WriteAsync(":\n\n"u8.ToArray());
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The client has disconnected; the same token ends the operation.
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> text)
    {
        await _writeLock.WaitAsync(_aborted);
        try
        {
            await _output.WriteOrAbortAsync(_context, text);
        }
        finally
        {
            _writeLock.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _keepAliveTimer.Dispose();
        await _keepAliveTask;
        _writeLock.Dispose();
    }
}
