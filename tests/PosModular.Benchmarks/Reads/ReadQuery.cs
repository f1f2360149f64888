using System.Text;
using System.Text.Json;

namespace PosModular.Benchmarks.Reads;

/// <summary>A query of the host and the path at which the baseline gives the same response.</summary>
internal sealed record ReadQuery(string Name, string Query, string BaselinePath)
{
    /// <summary>The whole HTTP request of an owner of the venue.</summary>
    public byte[] HostRequest(string token)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { query = Query });
        return
        [
            .. Encoding.ASCII.GetBytes(
                $"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
                    + $"Authorization: Bearer {token}\r\nContent-Length: {body.Length}\r\n\r\n"
            ),
            .. body,
        ];
    }

    public byte[] BaselineRequest() => Encoding.ASCII.GetBytes($"GET {BaselinePath} HTTP/1.1\r\nHost: localhost\r\n\r\n");
}
