using System.Net;
using System.Security.Cryptography;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Connections;

/// <summary>The encryption key is rotated while locations are connected and hosts start and stop.</summary>
public sealed class EncryptionKeyTests(TestPostgres postgres)
{
    private const string NewKey = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private static readonly string NewKeyId = Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(NewKey)))[..8];
    private static readonly string OldKeyId = Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(TestKeys.Encryption)))[..8];

    private const string SelectKeyIds =
        "select string_agg(distinct split_part(v, ':', 2), ',') from ("
        + "select unnest(array[access_token, signature_key]) from integrations.pos_connections "
        + "union all select encrypted_key from integrations.contact_keys "
        + "union all select unnest(array[secret, previous_secret]) from integrations.webhook_endpoints) s(v)";

    private async Task<TestVenue> OpenAsync() => await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

    private static Dictionary<string, string?> SettingsWithKeys(TestVenue venue, string key, string? old) =>
        new(venue.Settings) { ["POS_ENCRYPTION_KEY"] = key, ["POS_ENCRYPTION_KEYS_OLD"] = old };

    [Fact]
    public async Task Webhooks_are_accepted_on_two_hosts_while_the_key_is_rotated_and_the_old_key_can_then_be_removed()
    {
        await using var venue = await OpenAsync();
        var endpoint = (
            await venue.Owner.GetDataAsync(
                "mutation { createWebhookEndpoint(input: { venueId: \"bar\", url: \"https://example.test\", "
                    + "types: [\"connection.quiet\"] }) { endpoint { id } } }"
            )
        )
            .At("createWebhookEndpoint.endpoint.id")
            .GetString();
        await venue.Owner.GetDataAsync(
            $"mutation {{ rotateWebhookEndpointSecret(input: {{ endpointId: \"{endpoint}\" }}) {{ errors {{ code }} }} }}"
        );
        (await venue.SqlAsync<long>("select count(previous_secret) from integrations.webhook_endpoints")).ShouldBe(1);
        var (sent, done, refused) = (0, false, 0);
        var senders = Enumerable
            .Range(0, 4)
            .Select(_ =>
                Task.Run(async () =>
                {
                    while (!Volatile.Read(ref done))
                        foreach (var host in venue.Hosts.ToArray())
                            if (
                                await venue.PostWebhookAsync(venue.PaymentEvent($"p{Interlocked.Increment(ref sent)}"), host)
                                != HttpStatusCode.OK
                            )
                                Interlocked.Increment(ref refused);
                })
            )
            .ToArray();

        (await venue.SqlAsync<string>(SelectKeyIds)).ShouldBe(OldKeyId);
        // The second host has both keys and re-encrypts; the first one, not yet restarted, does not have the new key.
        await venue.AddHostAsync(settings: SettingsWithKeys(venue, NewKey, TestKeys.Encryption));
        await Wait.UntilAsync(async () => await venue.SqlAsync<string>(SelectKeyIds) == NewKeyId);
        var before = Volatile.Read(ref sent);
        await Wait.UntilAsync(() => Volatile.Read(ref sent) > before + 200);
        Volatile.Write(ref done, true);
        await Task.WhenAll(senders);

        refused.ShouldBe(0);
        (await venue.SqlAsync<long>("select count(*) from ingestion.transactions")).ShouldBe(sent);
        // A host with the new key alone decrypts everything.
        var third = await venue.AddHostAsync(settings: SettingsWithKeys(venue, NewKey, null));
        (await venue.PostWebhookAsync(venue.PaymentEvent("last"), third)).ShouldBe(HttpStatusCode.OK);
        (await new GraphQLClient(third, TestKeys.Token("owner")).GetDataAsync("{ venue(id: \"bar\") { posConnections { status } } }"))
            .At("venue.posConnections.0.status")
            .GetString()
            .ShouldBe("CONNECTED");
    }

    [Fact]
    public async Task Secrets_that_no_key_decrypts_are_reported_and_kept_and_work_again_once_the_key_is_back()
    {
        await using var venue = await OpenAsync();
        const string secrets = "select access_token || signature_key from integrations.pos_connections";
        var before = await venue.SqlAsync<string>(secrets);

        await using (
            var hostWithoutKey = await TestHost.StartAsync(
                venue.Database,
                SettingsWithKeys(venue, NewKey, null),
                AcceleratedTimeProvider.UseForProviders
            )
        )
        {
            var connection = (
                await new GraphQLClient(hostWithoutKey, TestKeys.Token("owner")).GetDataAsync(
                    "{ venue(id: \"bar\") { posConnections { status statusReason { code message } } } }"
                )
            ).At("venue.posConnections.0");
            connection.At("status").GetString().ShouldBe("NEEDS_ATTENTION");
            connection.At("statusReason.message").GetString()!.ShouldContain("POS_ENCRYPTION_KEYS_OLD");
            await Wait.UntilAsync(() =>
                hostWithoutKey.Log.Lines.Any(l => l.Contains("cannot be decrypted with any key", StringComparison.Ordinal))
            );
            // A 503 makes the provider send it again; a 403 would lose it.
            (await venue.PostWebhookAsync(venue.PaymentEvent("p1"), hostWithoutKey)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        (await venue.SqlAsync<string>(secrets)).ShouldBe(before);
        (await venue.PostWebhookAsync(venue.PaymentEvent("p1"))).ShouldBe(HttpStatusCode.OK);
    }
}
