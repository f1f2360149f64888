using System.Security.Cryptography;
using PosModular.Host.Auth;
using PosModular.Host.Development;
using PosModular.Host.Development.Postgres;
using PosModular.Kernel.Data;
using PosModular.Kernel.Settings;

namespace PosModular.Host.Commands;

/// <summary>The commands of the program: <c>token</c>, <c>keygen</c>, <c>schema</c>, <c>rebuild</c>; without a command it serves.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args, Func<string[], Task> serve)
    {
        try
        {
            switch (args.FirstOrDefault())
            {
                case "keygen":
                    // A key for POS_ENCRYPTION_KEY: 32 random bytes.
                    System.Console.WriteLine(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
                    return 0;
                case "token":
                    return PrintToken(args[1..]);
                case "schema":
                    System.Console.Write(SchemaCommand.Print());
                    return 0;
                case "rebuild":
                    return await RebuildCommand.RunAsync(args[1..]);
                case null:
                case var option when option.StartsWith("--", StringComparison.Ordinal) && option.Contains('='):
                    await serve(args); // Settings may be given as --Name=value.
                    return 0;
                default:
                    await System.Console.Error.WriteLineAsync(
                        "usage: PosModular.Host [--Setting=value …] | "
                            + "token --sub ID [--role HEAD_MODERATOR] [--hours 12] | keygen | schema | "
                            + RebuildCommand.Usage
                    );
                    return 2;
            }
        }
        catch (Exception e)
            when (e is SettingException or EmbeddedPostgresException or DatabaseUnavailableException or UnsupportedDatabaseException)
        {
            await System.Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        catch (Exception e)
            when (e
                    is IOException
                    {
                        InnerException: Microsoft.AspNetCore.Connections.AddressInUseException or System.Net.Sockets.SocketException
                    }
                || IsBadAddress(e)
            )
        {
            await System.Console.Error.WriteLineAsync(
                $"ASPNETCORE_URLS: {e.Message.ReplaceLineEndings(" ")} Choose a free http address such as http://localhost:8080; "
                    + "terminate TLS in front of it."
            );
            return 1;
        }
    }

    // Kestrel throws these for an address that it cannot listen on: malformed, a port out of range, https without a certificate.
    private static bool IsBadAddress(Exception e) =>
        e is FormatException or ArgumentOutOfRangeException or InvalidOperationException
        && e.StackTrace?.Contains("Kestrel", StringComparison.Ordinal) == true;

    private static int PrintToken(string[] args)
    {
        var builder = PosHost.CreateBuilder([]);
        return TokenCommand.Run(args, builder.Configuration, builder.Environment, builder.DataDirectory().Path, TimeProvider.System);
    }
}
