using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.Http;

/// <summary>The bytes of a POST, all of them and no more than <see cref="Limits.MaxMessageBytes"/>, without copying them out of the server's buffers.</summary>
internal static class RequestBodyReader
{
    /// <summary>The caller advances the request's reader to the end when it is done with the bytes.</summary>
    /// <exception cref="InvalidRequestException">413, or what the server found wrong with the body.</exception>
    public static async ValueTask<ReadOnlySequence<byte>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > Limits.MaxMessageBytes)
            throw TooLarge();

        // The server's own limit is for other endpoints; here one byte more than ours is enough to know.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = Limits.MaxMessageBytes + 1;

        try
        {
            while (true)
            {
                var read = await request.BodyReader.ReadAsync(cancellationToken);
                if (read.Buffer.Length > Limits.MaxMessageBytes)
                    throw TooLarge();
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

    private static InvalidRequestException TooLarge() =>
        new($"The request is larger than {Limits.MaxMessageBytes} bytes.", StatusCodes.Status413PayloadTooLarge);
}
