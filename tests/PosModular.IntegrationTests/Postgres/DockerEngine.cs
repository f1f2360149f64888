using System.Net.Sockets;

namespace PosModular.IntegrationTests.Postgres;

/// <summary>
/// Tells within a second whether a Docker engine responds. Testcontainers would find out too, but by an exception after its own
/// retries.
/// </summary>
internal static class DockerEngine
{
    private static readonly string[] Sockets =
    [
        "/var/run/docker.sock",
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker/run/docker.sock"),
    ];

    /// <summary>An engine named by DOCKER_HOST is taken as available without a ping.</summary>
    public static async Task<bool> IsAvailableAsync()
    {
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("DOCKER_HOST")))
            return true;
        foreach (var socket in Sockets.Where(File.Exists))
            if (await PingAsync(socket))
                return true;
        return false;
    }

    /// <summary>Pings the engine (Docker Engine API, "Ping"), because its socket file exists even after it has stopped.</summary>
    private static async Task<bool> PingAsync(string path)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler);
        try
        {
            using var response = await client.GetAsync(new Uri("http://docker/_ping"), timeout.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
