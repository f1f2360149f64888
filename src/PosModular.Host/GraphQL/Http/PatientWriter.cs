using System.IO.Pipelines;
using System.Net;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.Http;

/// <summary>Writes to clients that may not read. What they do not take in time is not kept for them.</summary>
internal static partial class PatientWriter
{
    /// <summary>Writes the bytes and returns when the network has accepted them. A client that does not take them within
    /// <see cref="Limits.FlushTimeout"/> is disconnected.</summary>
    /// <exception cref="OperationCanceledException">The client has disconnected or was disconnected.</exception>
    public static async ValueTask WriteOrAbortAsync(this PipeWriter output, HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        var writing = output.WriteAsync(bytes, context.RequestAborted);
        if (writing.IsCompletedSuccessfully)
            return;

        var time = context.RequestServices.GetRequiredService<TimeProvider>();
        try
        {
            await writing.AsTask().WaitAsync(Limits.FlushTimeout, time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            var log = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(PatientWriter));
            LogDisconnected(log, context.Connection.RemoteIpAddress, (int)Limits.FlushTimeout.TotalSeconds);
            context.Abort();
            throw new OperationCanceledException("The client does not read the response.", context.RequestAborted);
        }
    }

    [LoggerMessage(LogLevel.Information, "A client at {Address} did not read its response within {Seconds} s and was disconnected")]
    private static partial void LogDisconnected(ILogger log, IPAddress? address, int seconds);
}
