using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace PosModular.Host.Auth;

/// <summary>
/// Settings to options. JwtBearer's options are used for what they know (the authority's keys, fetched and refreshed);
/// its middleware is not, because <see cref="BearerTokenValidator"/> reads tokens on HTTP and WebSocket alike and every request
/// would otherwise be verified twice.
/// </summary>
internal static class AuthRegistration
{
    /// <summary>Kinds of signature an authority may use; no HMAC, so that its public key never serves as a secret.</summary>
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

    /// <param name="services">Gets <see cref="BearerTokenValidator"/>.</param>
    /// <param name="configuration">Auth:Jwt:SigningKey or :Authority, :Issuer, :Audience.</param>
    /// <param name="environment">Development may do without settings and without https.</param>
    /// <param name="dataDirectory">Where Development keeps the key it makes.</param>
    /// <exception cref="PosModular.Kernel.Settings.SettingException">The settings do not say who may sign tokens.</exception>
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
            // BearerTokens judges exp and nbf by the host's clock.
            ValidateLifetime = false,
        };
    }
}
