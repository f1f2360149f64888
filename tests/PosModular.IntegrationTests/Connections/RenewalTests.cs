using System.Text.Json;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Connections;

/// <summary>OAuth tokens expire; with a refresh token they are renewed before that, once for all concurrent callers.</summary>
public sealed class RenewalTests(TestPostgres postgres)
{
    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private static async Task<(TestVenue Venue, Simulator.Sellers.Seller Seller, Guid ConnectionId)> OpenAsync(
        string database,
        bool pkce,
        DateTimeOffset? tokenExpiresAt = null,
        string? refreshToken = "refresh-1"
    )
    {
        var venue = await TestVenue.CreateAsync(
            database,
            AcceleratedTimeProvider.UseForProviders,
            new Dictionary<string, string?> { ["Pos:Square:ApplicationSecret"] = "sq0csp-secret" }
        );
        await venue.RegisterVenueAsync("new-bar", TestVenue.OwnerId);
        var expiresAt = tokenExpiresAt ?? Now.AddDays(30);
        var seller = venue.Simulator.Sellers.AddSeller(
            new SellerDraft
            {
                LocationId = "OAUTHLOCATION",
                MerchantId = "OAUTHMERCHANT",
                AccessToken = "oauth-1",
                OAuth = true,
                RefreshToken = refreshToken,
                ApplicationSecret = "sq0csp-secret",
                Pkce = pkce,
                ExpiresAt = expiresAt,
            }
        );
        var payload = (
            await venue.Moderator.GetDataAsync(
                "mutation($input: ConnectPosInput!) { connectPos(input: $input) { connection { id credentialsExpireAt } errors { "
                    + "code message } } }",
                new
                {
                    input = new
                    {
                        venueId = "new-bar",
                        webhookSignatureKey = "pasted",
                        credentials = new
                        {
                            provider = "SQUARE",
                            environment = "SANDBOX",
                            locationId = "OAUTHLOCATION",
                            accessToken = "oauth-1",
                            refreshToken,
                            expiresAt = expiresAt,
                        },
                    },
                }
            )
        ).At("connectPos");
        payload.At("errors").GetArrayLength().ShouldBe(0, payload.ToString());
        payload.At("connection.credentialsExpireAt").ValueKind.ShouldBe(JsonValueKind.String);
        return (venue, seller, payload.At("connection.id").GetGuid());
    }

    private static Task<ProviderResult<PosPage>> FetchPageAsync(TestHost host, Guid connection) =>
        host
            .Services.GetRequiredService<IPosConnections>()
            .FetchPageAsync(
                connection,
                new PageRequest("payments-updated", Instant.FromUtc(2026, 11, 1, 0, 0), Instant.FromUtc(2026, 11, 2, 0, 0), null),
                TestContext.Current.CancellationToken
            );

    private static Task<int> SetTokenAgeAsync(TestVenue venue, int days) =>
        venue.SqlAsync<int>(
            $"update integrations.pos_connections set credentials_issued_at = now() - interval '{days} days' where "
                + "external_location_id = 'OAUTHLOCATION'"
        );

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_token_older_than_a_week_is_renewed_once_for_many_calls_on_two_hosts(bool pkce)
    {
        var (venue, _, connection) = await OpenAsync(await postgres.CreateDatabaseAsync(), pkce);
        await using var _ = venue;
        await venue.AddHostAsync(AcceleratedTimeProvider.UseForProviders);
        (await FetchPageAsync(venue.Host, connection)).Fault.ShouldBeNull();
        venue.Simulator.Requests.Requests.Count(r => r.Path == "/oauth2/token").ShouldBe(0); // the token is fresh

        await SetTokenAgeAsync(venue, 8);
        var pages = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => FetchPageAsync(venue.Hosts[i % 2], connection)));

        pages.ShouldAllBe(a => a.Fault == null);
        venue.Simulator.Requests.Requests.Count(r => r.Path == "/oauth2/token").ShouldBe(1);
        (
            await venue.SqlAsync<bool>(
                "select credentials_issued_at > now() - interval '1 hour' and renewal_lease_until is null from "
                    + $"integrations.pos_connections where id = '{connection}'"
            )
        ).ShouldBeTrue();
    }

    [Fact]
    public async Task A_token_that_expires_early_is_renewed_and_the_call_repeated()
    {
        var (venue, seller, connection) = await OpenAsync(await postgres.CreateDatabaseAsync(), pkce: false);
        await using var _ = venue;
        venue.Simulator.Sellers.AddToken(seller.Token with { ExpiresAt = Now.AddMinutes(-1) });

        (await FetchPageAsync(venue.Host, connection)).Fault.ShouldBeNull();

        venue.Simulator.Requests.Requests.Count(r => r.Path == "/oauth2/token").ShouldBe(1);
    }

    [Fact]
    public async Task A_revoked_consent_is_noticed_without_a_sync()
    {
        var (venue, _, connection) = await OpenAsync(await postgres.CreateDatabaseAsync(), pkce: false);
        await using var _ = venue;
        venue.Simulator.Sellers.RevokeToken("oauth-1");
        var url = await venue.SqlAsync<string>($"select notification_url from integrations.pos_connections where id = '{connection}'");

        await venue.PostWebhookAsync(
            """
            {"merchant_id":"OAUTHMERCHANT","type":"oauth.authorization.revoked","event_id":"revoked-1","created_at":"2026-11-20T20:00:00Z",
            "data":{"type":"revocation","id":"r","object":{"revocation":{"revoked_at":"2026-11-20T20:00:00Z","revoker_type":"MERCHANT"}}}}
            """u8.ToArray(),
            url: url,
            key: "pasted"
        );

        var connectionState = default(JsonElement);
        await Wait.UntilAsync(async () =>
        {
            connectionState = (
                await venue.Moderator.GetDataAsync("{ venue(id: \"new-bar\") { posConnections { status statusReason { code message } } } }")
            ).At("venue.posConnections.0");
            return connectionState.At("status").GetString() == "NEEDS_ATTENTION";
        });
        connectionState.At("statusReason.code").GetString().ShouldBe("INVALID_CREDENTIALS");
        connectionState.At("statusReason.message").GetString()!.ShouldContain("connect the location");
    }

    [Fact]
    public async Task An_expired_token_without_a_refresh_token_is_reported()
    {
        var (venue, seller, connection) = await OpenAsync(await postgres.CreateDatabaseAsync(), pkce: false, refreshToken: null);
        await using var _ = venue;
        venue.Simulator.Sellers.AddToken(seller.Token with { ExpiresAt = Now.AddMinutes(-1) });

        var fault = (await FetchPageAsync(venue.Host, connection)).Fault.ShouldNotBeNull();

        fault.Error.Message.ShouldContain("has expired");
        fault.Error.Message.ShouldContain("refreshToken");
    }
}
