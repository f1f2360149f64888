using System.Buffers;
using GraphQL;
using Microsoft.AspNetCore.Http.Features;
using PosModular.Host.GraphQL.Errors;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.Http;

/// <summary>Reads the whole body of a POST, up to <see cref="Limits.MaxMessageBytes"/>, without copying it out of the server's
/// buffers.</summary>
internal static class RequestBodyReader
{
    /// <summary>The caller must advance the request's reader to the end when it has finished with the bytes.</summary>
    /// <exception cref="ExecutionError">UNAVAILABLE: too many large requests are running or waiting.</exception>
    /// <exception cref="InvalidRequestException">413, or the status with which the server rejects the body.</exception>
    public static async ValueTask<ReadOnlySequence<byte>> ReadAsync(
        HttpRequest request,
        LargeMessage size,
        CancellationToken cancellationToken
    )
    {
        if (request.ContentLength > Limits.MaxMessageBytes)
            throw TooLarge();

        // The server's own limit is meant for other endpoints; one byte more than our limit suffices to detect a larger body.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = Limits.MaxMessageBytes + 1;

        try
        {
            while (true)
            {
                var read = await request.BodyReader.ReadAsync(cancellationToken);
                if (read.Buffer.Length > Limits.MaxMessageBytes)
                    throw TooLarge();
                if (!size.TryGrowTo(read.Buffer.Length))
                    throw TooManyLarge(request.HttpContext.Response);
                if (read.IsCompleted)
                    return read.Buffer;
                request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge();
        }
        catch (BadHttpRequestException exception)
        {
            throw new InvalidRequestException(exception.Message, exception.StatusCode);
        }
    }

    private static ExecutionError TooManyLarge(HttpResponse response)
    {
        response.Headers.RetryAfter = "5";
        response.Headers.Connection = "close"; // The rest of the body is not read, so the connection cannot be used again.
        return new ExecutionError($"Too many requests of more than {Limits.LargeMessageBytes} bytes are running or waiting. Try again.")
        {
            Code = ErrorCodes.Unavailable,
        };
    }

    private static InvalidRequestException TooLarge() =>
        new($"The request is larger than {Limits.MaxMessageBytes} bytes.", StatusCodes.Status413PayloadTooLarge);
}
