using System.Security.Cryptography;
using PosModular.Host.Auth;
using PosModular.Host.Postgres;
using PosModular.Kernel;

namespace PosModular.Host.Commands;

/// <summary>What the program can be asked to do: <c>token</c>, <c>keygen</c>, <c>schema</c>, or (nothing) to serve.</summary>
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
                    Console.WriteLine(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
                    return 0;
                case "token":
                    return PrintToken(args[1..]);
                case "schema":
                    Console.Write(SchemaCommand.Print());
                    return 0;
                default:
                    await serve(args);
                    return 0;
            }
        }
        catch (Exception e) when (e is SettingException or EmbeddedPostgresException or DatabaseAwayException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"ASPNETCORE_URLS: {e.Message} Stop what listens there, or choose another address.");
            return 1;
        }
    }

    private static int PrintToken(string[] args)
    {
        var builder = PosHost.Builder([]);
        return TokenCommand.Run(args, builder.Configuration, builder.Environment, PosHost.Data(builder).Path, TimeProvider.System);
    }
}
