using System.Net;
using System.Text.Json;
using PosModular.IntegrationTests.House;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Webhooks;

namespace PosModular.IntegrationTests.Simulators;

public sealed class SquareTokensTests
{
    [Fact]
    public async Task A_refresh_token_gets_a_new_access_token_and_a_wrong_one_401()
    {
        await using var shop = await Shop.OpenAsync(till: new TillOrder { OAuth = true });
        var token = shop.Till.Token;
        var renewed = await shop.PostAsync("/oauth2/token", Request(token.RefreshToken, token.ApplicationSecret));
        renewed.At("merchant_id").GetString().ShouldBe(token.MerchantId);
        renewed.At("expires_at").GetString().ShouldBe("2026-12-24T20:00:00Z");
        renewed.At("refresh_token").GetString().ShouldBe(token.RefreshToken);
        (await shop.CallAsync(HttpMethod.Get, "/v2/payments", token: renewed.At("access_token").GetString())).Status.ShouldBe(
            HttpStatusCode.OK
        );

        (await shop.ErrorAsync(HttpMethod.Post, "/oauth2/token", Request("wrong", token.ApplicationSecret))).ShouldBe(
            (HttpStatusCode.Unauthorized, "UNAUTHORIZED")
        );
        (await shop.ErrorAsync(HttpMethod.Post, "/oauth2/token", Request(token.RefreshToken, "wrong"))).Status.ShouldBe(
            HttpStatusCode.Unauthorized
        );
        shop.Simulator.Sellers.RevokeToken(token.Value);
        (await shop.ErrorAsync(HttpMethod.Post, "/oauth2/token", Request(token.RefreshToken, token.ApplicationSecret))).Status.ShouldBe(
            HttpStatusCode.Unauthorized
        );

        object Request(string? refresh, string? secret) =>
            new
            {
                client_id = token.ApplicationId,
                client_secret = secret,
                grant_type = "refresh_token",
                refresh_token = refresh,
            };
    }

    [Fact]
    public async Task By_pkce_a_refresh_token_needs_no_secret_and_works_once()
    {
        await using var shop = await Shop.OpenAsync(till: new TillOrder { OAuth = true, Pkce = true });
        var request = new
        {
            client_id = shop.Till.Token.ApplicationId,
            grant_type = "refresh_token",
            refresh_token = shop.Till.Token.RefreshToken,
        };
        var renewed = await shop.PostAsync("/oauth2/token", request);
        renewed.At("refresh_token").GetString().ShouldNotBe(request.refresh_token);
        (await shop.ErrorAsync(HttpMethod.Post, "/oauth2/token", request)).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_consent_taken_back_is_told_and_signed()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var shop = await Shop.OpenAsync();
        var consent = shop.Simulator.Sellers.AddTill(new TillOrder { ApplicationId = shop.Till.Token.ApplicationId, OAuth = true });
        await shop.PostAsync(
            "/v2/webhooks/subscriptions",
            new
            {
                subscription = new
                {
                    name = "all",
                    event_types = new[] { "oauth.authorization.revoked", "order.created" },
                    notification_url = receiver.Url,
                },
            }
        );
        shop.Simulator.Sellers.RevokeToken(consent.Token.Value);
        shop.Simulator.Ledger.AddSale(new Sale { LocationId = shop.LocationId, Amount = 100 });
        await shop.Simulator.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);

        receiver.Got.Count.ShouldBe(2);
        var key = shop.Simulator.Subscriptions.All.Single().SignatureKey;
        receiver.Got.ShouldAllBe(got => got.Headers[Signature.Header] == Signature.Of(key, receiver.Url, got.Body));
        var revoked = receiver
            .Got.Select(got => JsonDocument.Parse(got.Body).RootElement)
            .Single(body => body.At("type").GetString() == "oauth.authorization.revoked");
        revoked.At("merchant_id").GetString().ShouldBe(consent.Merchant.Id);
        revoked.At("data.object.revocation.revoker_type").GetString().ShouldBe("MERCHANT");
    }

    [Fact]
    public void Square_vectors_are_signed_as_square_does()
    {
        foreach (var vector in Shop.Sample("signature-vectors.json").At("vectors").EnumerateArray())
        {
            var signature = Signature.Of(
                vector.At("signature_key").GetString()!,
                vector.At("notification_url").GetString()!,
                System.Text.Encoding.UTF8.GetBytes(vector.At("body").GetString()!)
            );
            (signature == vector.At("signature").GetString()).ShouldBe(vector.At("valid").GetBoolean(), vector.At("name").GetString());
        }
    }
}
