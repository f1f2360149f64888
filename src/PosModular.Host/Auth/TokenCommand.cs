using System.Globalization;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using PosModular.Kernel.Settings;

namespace PosModular.Host.Auth;

/// <summary>
/// <c>dotnet run … -- token --sub u1 --role HEAD_MODERATOR [--role …] [--hours 12]</c> prints a token signed with the host's
/// own key, for development and scripts. With an authority the host has no key to sign with, and the command fails.
/// </summary>
internal static class TokenCommand
{
    private const string Usage = "usage: token --sub <user id> [--role HEAD_MODERATOR]… [--hours 12]";

    /// <returns>The exit code: 0 after printing the token, 2 for wrong arguments.</returns>
    public static int Run(
        string[] arguments,
        IConfiguration configuration,
        IHostEnvironment environment,
        string dataDirectory,
        TimeProvider time
    )
    {
        if (TokenRequest.Parse(arguments) is not { } request)
        {
            System.Console.Error.WriteLine(Usage);
            return 2;
        }

        var settings = JwtSettings.Read(configuration, environment, dataDirectory);
        if (settings.SigningKey is null)
            throw new SettingException(
                JwtSettings.AuthoritySetting,
                "tokens come from this identity provider; the host has no key to sign one with."
            );

        System.Console.Out.WriteLine(CreateToken(request.Subject, request.Roles, request.Hours, settings, time.GetUtcNow().UtcDateTime));
        return 0;
    }

    /// <summary>Signs a token with the host's own key, which the settings must have.</summary>
    public static string CreateToken(string subject, IReadOnlyList<string> roles, double hours, JwtSettings settings, DateTime now)
    {
        var claims = new Dictionary<string, object> { ["sub"] = subject };
        if (roles.Count > 0)
            claims["role"] = roles.Count == 1 ? roles[0] : roles;

        var key = new SymmetricSecurityKey(settings.SigningKey);
        return new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Claims = claims,
                Issuer = settings.Issuer,
                Audience = settings.Audience,
                IssuedAt = now,
                NotBefore = now,
                Expires = now.AddHours(hours),
                SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.HmacSha256),
            }
        );
    }

    private sealed record TokenRequest(string Subject, List<string> Roles, double Hours)
    {
        public static TokenRequest? Parse(string[] arguments)
        {
            string? subject = null;
            var roles = new List<string>();
            var hours = 12.0;
            for (var at = 0; at < arguments.Length; at += 2)
            {
                if (at + 1 == arguments.Length)
                    return null;
                var value = arguments[at + 1];
                switch (arguments[at])
                {
                    case "--sub":
                        subject = value;
                        break;
                    case "--role":
                        roles.Add(value);
                        break;
                    case "--hours"
                        when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out hours)
                            && hours is > 0 and <= 87_600:
                        break;
                    default:
                        return null;
                }
            }
            return string.IsNullOrWhiteSpace(subject) ? null : new TokenRequest(subject, roles, hours);
        }
    }
}
