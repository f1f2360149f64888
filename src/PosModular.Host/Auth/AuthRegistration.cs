using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace PosModular.Host.Auth;

/// <summary>
/// Turns the settings into JwtBearer's options, which fetch and refresh the keys of the authority. Its middleware is not used:
/// <see cref="BearerTokenValidator"/> validates tokens for HTTP and WebSocket alike, and every request would otherwise be verified twice.
/// </summary>
internal static class AuthRegistration
{
    /// <summary>The signature algorithms that an authority may use. HMAC is excluded, so that nobody can use the authority's public key
    /// as a secret.</summary>
    private static readonly string[] PublicKeyAlgorithms =
    [
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
    ];

    /// <param name="services">The services of the host.</param>
    /// <param name="configuration">Holds Auth:Jwt:SigningKey or Auth:Jwt:Authority, and optionally Auth:Jwt:Issuer and
    /// Auth:Jwt:Audience.</param>
    /// <param name="environment">In Development the settings and https are optional.</param>
    /// <param name="dataDirectory">Where Development keeps the signing key that it creates.</param>
    /// <exception cref="PosModular.Kernel.Settings.SettingException">The settings do not determine who may sign tokens.</exception>
    public static IServiceCollection AddPosAuth(
        this IServiceCollection services,
        IConfiguration configuration,
        IHostEnvironment environment,
        string dataDirectory
    )
    {
        var settings = JwtSettings.Read(configuration, environment, dataDirectory);

        services
            .AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure(options => Configure(settings, environment, options));
        services.AddSingleton<IPostConfigureOptions<JwtBearerOptions>, JwtBearerPostConfigureOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<BearerTokenValidator>();
        return services;
    }

    private static void Configure(JwtSettings settings, IHostEnvironment environment, JwtBearerOptions options)
    {
        options.MapInboundClaims = false;
        options.Authority = settings.Authority;
        options.RequireHttpsMetadata = !environment.IsDevelopment();
        options.TokenValidationParameters = new TokenValidationParameters
        {
            NameClaimType = "sub",
            RoleClaimType = "role",
            ValidateIssuer = settings.Issuer is not null || settings.Authority is not null,
            ValidIssuer = settings.Issuer,
            ValidateAudience = settings.Audience is not null,
            ValidAudience = settings.Audience,
            IssuerSigningKey = settings.SigningKey is null ? null : new SymmetricSecurityKey(settings.SigningKey),
            ValidAlgorithms = settings.SigningKey is null ? PublicKeyAlgorithms : [SecurityAlgorithms.HmacSha256],
            ValidateIssuerSigningKey = true,
            // BearerTokenValidator checks exp and nbf against the host's clock.
            ValidateLifetime = false,
        };
    }
}
