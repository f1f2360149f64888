using System.Net;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Webhooks;

namespace PosModular.IntegrationTests.Simulators;

public sealed class SquareTokensTests
{
    [Fact]
    public async Task A_refresh_token_yields_a_new_access_token_and_a_wrong_one_is_401()
    {
        await using var square = await SimulatedSquare.StartAsync(sellerDraft: new SellerDraft { OAuth = true });
        var token = square.Seller.Token;
        var renewed = await square.PostAsync("/oauth2/token", Request(token.RefreshToken, token.ApplicationSecret));
        renewed.At("merchant_id").GetString().ShouldBe(token.MerchantId);
        renewed.At("expires_at").GetString().ShouldBe("2026-12-24T20:00:00Z");
        renewed.At("refresh_token").GetString().ShouldBe(token.RefreshToken);
        (await square.CallAsync(HttpMethod.Get, "/v2/payments", token: renewed.At("access_token").GetString())).Status.ShouldBe(
            HttpStatusCode.OK
        );

        (await square.GetErrorAsync(HttpMethod.Post, "/oauth2/token", Request("wrong", token.ApplicationSecret))).ShouldBe(
            (HttpStatusCode.Unauthorized, "UNAUTHORIZED")
        );
        (await square.GetErrorAsync(HttpMethod.Post, "/oauth2/token", Request(token.RefreshToken, "wrong"))).Status.ShouldBe(
            HttpStatusCode.Unauthorized
        );
        square.Simulator.Sellers.RevokeToken(token.Value);
        (
            await square.GetErrorAsync(HttpMethod.Post, "/oauth2/token", Request(token.RefreshToken, token.ApplicationSecret))
        ).Status.ShouldBe(HttpStatusCode.Unauthorized);

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
    public async Task With_PKCE_a_refresh_token_needs_no_secret_and_works_once()
    {
        await using var square = await SimulatedSquare.StartAsync(sellerDraft: new SellerDraft { OAuth = true, Pkce = true });
        var request = new
        {
            client_id = square.Seller.Token.ApplicationId,
            grant_type = "refresh_token",
            refresh_token = square.Seller.Token.RefreshToken,
        };
        var renewed = await square.PostAsync("/oauth2/token", request);
        renewed.At("refresh_token").GetString().ShouldNotBe(request.refresh_token);
        (await square.GetErrorAsync(HttpMethod.Post, "/oauth2/token", request)).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_revoked_consent_is_announced_by_a_signed_webhook()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var square = await SimulatedSquare.StartAsync();
        var consent = square.Simulator.Sellers.AddSeller(
            new SellerDraft { ApplicationId = square.Seller.Token.ApplicationId, OAuth = true }
        );
        await square.PostAsync(
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
        square.Simulator.Sellers.RevokeToken(consent.Token.Value);
        square.Simulator.Ledger.AddSale(new Sale { LocationId = square.LocationId, Amount = 100 });
        await square.Simulator.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);

        receiver.Received.Count.ShouldBe(2);
        var key = square.Simulator.Subscriptions.All.Single().SignatureKey;
        receiver.Received.ShouldAllBe(got => got.Headers[SquareSignature.Header] == SquareSignature.Compute(key, receiver.Url, got.Body));
        var revoked = receiver
            .Received.Select(got => JsonDocument.Parse(got.Body).RootElement)
            .Single(body => body.At("type").GetString() == "oauth.authorization.revoked");
        revoked.At("merchant_id").GetString().ShouldBe(consent.Merchant.Id);
        revoked.At("data.object.revocation.revoker_type").GetString().ShouldBe("MERCHANT");
    }

    [Fact]
    public void The_signature_vectors_of_Square_are_reproduced()
    {
        foreach (var vector in SimulatedSquare.Sample("signature-vectors.json").At("vectors").EnumerateArray())
        {
            var signature = SquareSignature.Compute(
                vector.At("signature_key").GetString()!,
                vector.At("notification_url").GetString()!,
                System.Text.Encoding.UTF8.GetBytes(vector.At("body").GetString()!)
            );
            (signature == vector.At("signature").GetString()).ShouldBe(vector.At("valid").GetBoolean(), vector.At("name").GetString());
        }
    }
}
