namespace PosModular.Simulator.Faults;

/// <summary>
/// A response body that is aborted by <see cref="Fault.AbortAfterBytes"/> or delayed by <see cref="Fault.BodyDelayMs"/>.
/// </summary>
internal sealed class FaultyResponseBody(HttpContext context, Fault fault) : Stream
{
    private readonly Stream _inner = context.Response.Body;
    private int _remainingBytes = fault.AbortAfterBytes ?? int.MaxValue;
    private bool _delayed = fault.BodyDelayMs == 0;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_delayed)
        {
            _delayed = true;
            var half = buffer.Length / 2;
            await ForwardAsync(buffer[..half], cancellationToken);
            await _inner.FlushAsync(cancellationToken);
            await Task.Delay(fault.BodyDelayMs, context.RequestAborted);
            buffer = buffer[half..];
        }

        await ForwardAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Flushes the allowed bytes to the client before aborting the connection.</summary>
    private async Task ForwardAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (bytes.Length <= _remainingBytes)
        {
            _remainingBytes -= bytes.Length;
            await _inner.WriteAsync(bytes, cancellationToken);
            return;
        }

        if (context.RequestAborted.IsCancellationRequested)
            return;
        await _inner.WriteAsync(bytes[.._remainingBytes], cancellationToken);
        await _inner.FlushAsync(cancellationToken);
        _remainingBytes = 0;
        context.Abort();
    }
}
