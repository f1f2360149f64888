using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using PosModular.Kernel.Schema;

namespace PosModular.Host.Auth;

/// <summary>
/// Validates bearer tokens from the Authorization header of a request and from the first message of a WebSocket, so that a token is
/// either valid on both or on neither.
/// </summary>
internal sealed class BearerTokenValidator(IOptionsMonitor<JwtBearerOptions> settings, TimeProvider time, ILogger<BearerTokenValidator> log)
{
    /// <summary>The clock of an issuer may be ahead of ours by this much. After its expiry a token is refused at once.</summary>
    private static readonly TimeSpan NotBeforeTolerance = TimeSpan.FromSeconds(30);

    /// <summary>In characters: longer than any real token, and short enough to hash cheaply.</summary>
    private const int MaxTokenLength = 16_384;

    private readonly VerifiedTokenCache _verified = new(time);

    /// <summary>Never throws for an invalid token; the result says what is wrong with it.</summary>
    public ValueTask<BearerTokenResult> ValidateAsync(string? authorizationHeader, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(authorizationHeader))
            return new(
                BearerTokenResult.Refused(
                    "No token. Send the header Authorization: Bearer <token>; "
                        + "over a WebSocket send it as \"authorization\" in the connection_init payload."
                )
            );

        if (!authorizationHeader.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return new(BearerTokenResult.Refused("The authorization is not of the form Bearer <token>."));

        var token = authorizationHeader["Bearer ".Length..].Trim();
        if (token.Length is 0 or > MaxTokenLength)
            return new(BearerTokenResult.Refused("The token is not valid: it is empty or too long."));

        return _verified.Find(token) is { } known ? new(known) : VerifyAsync(token, cancellationToken);
    }

    private async ValueTask<BearerTokenResult> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        var options = settings.Get(JwtBearerDefaults.AuthenticationScheme);
        var parameters = options.TokenValidationParameters.Clone();
        if (options.ConfigurationManager is BaseConfigurationManager authority)
        {
            // The keys are fetched first: without them the handler would report a wrong issuer.
            if (await FindAuthorityFaultAsync(authority, cancellationToken) is { } reason)
                return RefuseUnverifiable(reason);
            parameters.ConfigurationManager = authority;
        }

        var result = await options.TokenHandlers[0].ValidateTokenAsync(token, parameters).WaitAsync(cancellationToken);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt)
            return BearerTokenResult.Refused($"The token is not valid: {DescribeFailure(result.Exception)}.");

        var checkedToken = CheckClaims(jwt, new ClaimsPrincipal(result.ClaimsIdentity));
        if (checkedToken.IsAccepted)
            _verified.Add(token, checkedToken);
        return checkedToken;
    }

    /// <summary>The lifetime is checked here because the library uses the clock of the machine instead of the host's
    /// TimeProvider.</summary>
    private BearerTokenResult CheckClaims(JsonWebToken jwt, ClaimsPrincipal user)
    {
        var now = time.GetUtcNow();
        if (jwt.ValidTo == DateTime.MinValue)
            return BearerTokenResult.Refused("The token is not valid: it has no expiry (exp).");
        if (now >= jwt.ValidTo)
            return BearerTokenResult.Refused($"The token has expired at {jwt.ValidTo:yyyy-MM-dd'T'HH:mm:ss'Z'}. Get a new one.");
        if (jwt.ValidFrom != DateTime.MinValue && now + NotBeforeTolerance < jwt.ValidFrom)
            return BearerTokenResult.Refused("The token is not valid yet (nbf).");
        if (user.FindFirst("sub")?.Value is not { Length: > 0 } userId)
            return BearerTokenResult.Refused("The token is not valid: it names no user (sub).");
        if (!InputText.IsAcceptable(userId))
            return BearerTokenResult.Refused("The token is not valid: its user (sub) is too long or is text that cannot be stored.");
        return new BearerTokenResult(user, jwt.ValidTo, null);
    }

    private static async Task<Exception?> FindAuthorityFaultAsync(BaseConfigurationManager authority, CancellationToken cancellationToken)
    {
        try
        {
            // The manager caches and refreshes the keys, so only the first call waits.
            await authority.GetBaseConfigurationAsync(cancellationToken);
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return exception;
        }
    }

    /// <summary>This is not the caller's fault, so the operator must learn of it.</summary>
    private BearerTokenResult RefuseUnverifiable(Exception reason)
    {
        log.LogWarning(reason, "The identity provider does not respond, so tokens cannot be validated; callers are refused until it does");
        return BearerTokenResult.Refused("The token cannot be checked now because the identity provider does not respond. Try again.");
    }

    private static string DescribeFailure(Exception? reason) =>
        reason switch
        {
            SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidSignatureException => "its signature does not match",
            SecurityTokenInvalidIssuerException => "it comes from another issuer",
            SecurityTokenInvalidAudienceException => "it is meant for another audience",
            SecurityTokenInvalidAlgorithmException => "its algorithm is not accepted",
            _ => "it is malformed",
        };
}
