using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PosModular.IntegrationTests.ConsoleInBrowser;

/// <summary>Stands between a browser and a host, passes every byte on, and cuts all connections on demand.</summary>
internal sealed class CuttableProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, byte> _connections = new();
    private readonly Task _accepting;

    public CuttableProxy(Uri host)
    {
        Host = host;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>Where new connections go.</summary>
    public Uri Host { get; set; }

    public void CutAll()
    {
        foreach (var connection in _connections.Keys)
            connection.Close();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = PassOnAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            _listener.Stop();
        }
    }

    private async Task PassOnAsync(TcpClient browser)
    {
        using var host = new TcpClient();
        _connections[browser] = _connections[host] = 0;
        try
        {
            await host.ConnectAsync(Host.Host, Host.Port, _stop.Token);
            await Task.WhenAny(
                browser.GetStream().CopyToAsync(host.GetStream(), _stop.Token),
                host.GetStream().CopyToAsync(browser.GetStream(), _stop.Token)
            );
        }
        catch (Exception e)
            when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The connection was cut, or there is no host at the moment.
        }
        finally
        {
            _connections.TryRemove(browser, out _);
            _connections.TryRemove(host, out _);
            browser.Close();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        CutAll();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }
}
