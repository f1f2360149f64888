using System.Text.Json;
using Integrations.Contracts;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Connections;

/// <summary>OAuth tokens end; with a refresh token they are renewed ahead of their end, once for all who ask.</summary>
public sealed class RenewalTests(TestPostgres postgres)
{
    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private static async Task<(Bar Bar, Simulator.Sellers.Till Till, Guid ConnectionId)> OpenAsync(
        string database,
        bool pkce,
        DateTimeOffset? endsAt = null,
        string? refreshToken = "refresh-1"
    )
    {
        var bar = await Bar.OpenAsync(
            database,
            HurriedTime.ForProviders,
            new Dictionary<string, string?> { ["Pos:Square:ApplicationSecret"] = "sq0csp-secret" }
        );
        await bar.RegisterAsync("new-bar", Bar.OwnerId);
        var ends = endsAt ?? Now.AddDays(30);
        var till = bar.Square.Sellers.AddTill(
            new TillOrder
            {
                LocationId = "OAUTHLOCATION",
                MerchantId = "OAUTHMERCHANT",
                AccessToken = "oauth-1",
                OAuth = true,
                RefreshToken = refreshToken,
                ApplicationSecret = "sq0csp-secret",
                Pkce = pkce,
                ExpiresAt = ends,
            }
        );
        var payload = (
            await bar.Moderator.DataAsync(
                "mutation($input: ConnectPosInput!) { connectPos(input: $input) { connection { id credentialsExpireAt } errors { code message } } }",
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
                            expiresAt = ends,
                        },
                    },
                }
            )
        ).At("connectPos");
        payload.At("errors").GetArrayLength().ShouldBe(0, payload.ToString());
        payload.At("connection.credentialsExpireAt").ValueKind.ShouldBe(JsonValueKind.String);
        return (bar, till, payload.At("connection.id").GetGuid());
    }

    private static Task<Fetched<PosPage>> CallAsync(RunningHost host, Guid connection) =>
        host
            .Services.GetRequiredService<ITills>()
            .FetchPageAsync(
                connection,
                new PageRequest("payments-updated", Instant.FromUtc(2026, 11, 1, 0, 0), Instant.FromUtc(2026, 11, 2, 0, 0), null),
                TestContext.Current.CancellationToken
            );

    private static Task<int> AgeAsync(Bar bar, int days) =>
        bar.SqlAsync<int>(
            $"update integrations.pos_connections set credentials_at = now() - interval '{days} days' where external_location_id = 'OAUTHLOCATION'"
        );

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_token_of_a_week_is_renewed_once_for_many_calls_over_two_hosts(bool pkce)
    {
        var (bar, _, connection) = await OpenAsync(await postgres.CreateDatabaseAsync(), pkce);
        await using var _ = bar;
        await bar.AddHostAsync(HurriedTime.ForProviders);
        (await CallAsync(bar.Host, connection)).Fault.ShouldBeNull();
        bar.Square.Requests.Requests.Count(r => r.Path == "/oauth2/token").ShouldBe(0); // fresh

        await AgeAsync(bar, 8);
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => CallAsync(bar.Hosts[i % 2], connection)));

        answers.ShouldAllBe(a => a.Fault == null);
        bar.Square.Requests.Requests.Count(r => r.Path == "/oauth2/token").ShouldBe(1);
        (
            await bar.SqlAsync<bool>(
                $"select credentials_at > now() - interval '1 hour' and renewing_until is null from integrations.pos_connections where id = '{connection}'"
            )
        ).ShouldBeTrue();
    }

    [Fact]
    public async Task A_token_that_ends_before_its_time_is_renewed_and_the_call_made_again()
    {
        var (bar, till, connection) = await OpenAsync(await postgres.CreateDatabaseAsync(), pkce: false);
        await using var _ = bar;
        bar.Square.Sellers.AddToken(till.Token with { ExpiresAt = Now.AddMinutes(-1) });

        (await CallAsync(bar.Host, connection)).Fault.ShouldBeNull();

        bar.Square.Requests.Requests.Count(r => r.Path == "/oauth2/token").ShouldBe(1);
    }

    [Fact]
    public async Task A_seller_who_takes_his_consent_back_is_noticed_without_a_sync()
    {
        var (bar, _, connection) = await OpenAsync(await postgres.CreateDatabaseAsync(), pkce: false);
        await using var _ = bar;
        bar.Square.Sellers.RevokeToken("oauth-1");
        var url = await bar.SqlAsync<string>($"select notification_url from integrations.pos_connections where id = '{connection}'");

        await bar.PostAsync(
            """{"merchant_id":"OAUTHMERCHANT","type":"oauth.authorization.revoked","event_id":"revoked-1","created_at":"2026-11-20T20:00:00Z","data":{"type":"revocation","id":"r","object":{"revocation":{"revoked_at":"2026-11-20T20:00:00Z","revoker_type":"MERCHANT"}}}}"""u8.ToArray(),
            url: url,
            key: "pasted"
        );

        var look = default(JsonElement);
        await Wait.UntilAsync(async () =>
        {
            look = (
                await bar.Moderator.DataAsync("{ venue(id: \"new-bar\") { posConnections { status statusReason { code message } } } }")
            ).At("venue.posConnections.0");
            return look.At("status").GetString() == "NEEDS_ATTENTION";
        });
        look.At("statusReason.code").GetString().ShouldBe("INVALID_CREDENTIALS");
        look.At("statusReason.message").GetString()!.ShouldContain("connect the till");
    }

    [Fact]
    public async Task Without_a_refresh_token_an_ended_one_is_told()
    {
        var (bar, till, connection) = await OpenAsync(await postgres.CreateDatabaseAsync(), pkce: false, refreshToken: null);
        await using var _ = bar;
        bar.Square.Sellers.AddToken(till.Token with { ExpiresAt = Now.AddMinutes(-1) });

        var fault = (await CallAsync(bar.Host, connection)).Fault.ShouldNotBeNull();

        fault.Error.Message.ShouldContain("has expired");
        fault.Error.Message.ShouldContain("refreshToken");
    }
}
