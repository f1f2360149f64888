using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace PosModular.IntegrationTests.Toast;

/// <summary>A stub of Toast over real HTTP: one client, one restaurant and the responses that a test sets.</summary>
internal sealed class ToastStub : IAsyncDisposable
{
    public const string Restaurant = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    private readonly WebApplication _app;
    private int _loginCount;

    private ToastStub(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;
    public int LoginCount => _loginCount;
    public TimeSpan LoginDuration { get; set; }
    public int TokenLifetimeSeconds { get; set; } = 86_400;

    /// <summary>The tokens that are accepted.</summary>
    public ConcurrentDictionary<string, bool> Tokens { get; } = new();

    /// <summary>Path, query and restaurant header of every call except logins.</summary>
    public ConcurrentQueue<(string Path, string Query, string? Restaurant)> Calls { get; } = new();

    /// <summary>Runs before the usual response; returns true if it has written a response of its own.</summary>
    public Func<HttpContext, Task<bool>> InterceptAsync { get; set; } = _ => Task.FromResult(false);

    public string Currency { get; set; } = "USD";
    public string OrdersJson { get; set; } = "[]";

    public static async Task<ToastStub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var stub = new ToastStub(app);
        app.Run(stub.HandleAsync);
        await app.StartAsync();
        stub.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return stub;
    }

    private async Task HandleAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (await InterceptAsync(http))
            return;
        if (path == "/authentication/v1/authentication/login")
        {
            var given = (await http.Request.ReadFromJsonAsync<Dictionary<string, string>>())!;
            var number = Interlocked.Increment(ref _loginCount);
            await Task.Delay(LoginDuration);
            if ((given["clientId"], given["clientSecret"], given["userAccessType"]) != ("client", "secret", "TOAST_MACHINE_CLIENT"))
            {
                await WriteErrorAsync(http, 401);
                return;
            }
            Tokens[$"token-{number}"] = true;
            await http.Response.WriteAsJsonAsync(
                new
                {
                    token = new
                    {
                        tokenType = "Bearer",
                        expiresIn = TokenLifetimeSeconds,
                        accessToken = $"token-{number}",
                    },
                    status = "SUCCESS",
                }
            );
            return;
        }
        Calls.Enqueue((path, http.Request.QueryString.Value ?? "", http.Request.Headers["Toast-Restaurant-External-ID"]));
        if (!Tokens.ContainsKey(http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal)))
            await WriteErrorAsync(http, 401);
        else if (path == "/restaurants/v1/restaurants/" + Restaurant)
            await http.Response.WriteAsJsonAsync(
                new
                {
                    guid = Restaurant,
                    general = new
                    {
                        name = "Toasty",
                        locationName = "Harbour",
                        timeZone = "America/New_York",
                        currencyCode = Currency,
                        closeoutHour = 4,
                        managementGroupGuid = "group-1",
                    },
                }
            );
        else if (path == "/orders/v2/ordersBulk")
            await http.Response.WriteAsync(OrdersJson);
        else
            await WriteErrorAsync(http, 404);
    }

    /// <summary>Writes a Toast ErrorMessage that contains a guest's name, which must never reach a client of ours.</summary>
    public static Task WriteErrorAsync(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(
            new
            {
                status,
                code = 10025,
                message = "Jack Jones, jack@example.com",
                developerMessage = "secret",
            }
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
