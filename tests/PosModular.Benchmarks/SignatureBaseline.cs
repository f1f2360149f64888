using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PosModular.Benchmarks;

/// <summary>The baseline of the web server: it reads the body, checks the signature and stores nothing.</summary>
internal static class SignatureBaseline
{
    public static async Task<int> ServeAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapPost(
            "/",
            (RequestDelegate)(
                async http =>
                {
                    var body = new byte[http.Request.ContentLength!.Value];
                    await http.Request.Body.ReadExactlyAsync(body, http.RequestAborted);
                    using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, "key"u8);
                    hmac.AppendData("https://pos.example.test/"u8);
                    hmac.AppendData(body);
                    var given = Convert.FromBase64String(http.Request.Headers["x-square-hmacsha256-signature"]!);
                    http.Response.StatusCode = CryptographicOperations.FixedTimeEquals(hmac.GetHashAndReset(), given) ? 200 : 403;
                }
            )
        );
        await app.RunAsync(url);
        return 0;
    }
}
