using System.Net;
using System.Security.Cryptography;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Connections;

/// <summary>The encryption key changes while tills are connected and hosts come and go.</summary>
public sealed class EncryptionKeyTests(TestPostgres postgres)
{
    private const string NewKey = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private static readonly string NewId = Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(NewKey)))[..8];
    private static readonly string OldId = Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(TestKeys.Encryption)))[..8];

    private const string SealedWith =
        "select string_agg(distinct split_part(v, ':', 2), ',') from integrations.pos_connections, unnest(array[access_token, signature_key]) v";

    private async Task<Bar> OpenAsync() => await Bar.OpenAsync(await postgres.CreateDatabaseAsync());

    private static Dictionary<string, string?> With(Bar bar, string key, string? old) =>
        new(bar.Settings) { ["POS_ENCRYPTION_KEY"] = key, ["POS_ENCRYPTION_KEYS_OLD"] = old };

    [Fact]
    public async Task Webhooks_flow_on_over_two_hosts_while_the_key_is_changed_and_the_old_one_can_then_go()
    {
        await using var bar = await OpenAsync();
        var (sent, done, refused) = (0, false, 0);
        var senders = Enumerable
            .Range(0, 4)
            .Select(_ =>
                Task.Run(async () =>
                {
                    while (!Volatile.Read(ref done))
                        foreach (var host in bar.Hosts.ToArray())
                            if (await bar.PostAsync(bar.Event($"p{Interlocked.Increment(ref sent)}"), host) != HttpStatusCode.OK)
                                Interlocked.Increment(ref refused);
                })
            )
            .ToArray();

        (await bar.SqlAsync<string>(SealedWith)).ShouldBe(OldId);
        // The second host knows both keys and seals anew; the first one, not yet restarted, has never heard of the new key.
        await bar.AddHostAsync(settings: With(bar, NewKey, TestKeys.Encryption));
        await Wait.UntilAsync(async () => await bar.SqlAsync<string>(SealedWith) == NewId);
        var before = Volatile.Read(ref sent);
        await Wait.UntilAsync(() => Volatile.Read(ref sent) > before + 200);
        Volatile.Write(ref done, true);
        await Task.WhenAll(senders);

        refused.ShouldBe(0);
        (await bar.SqlAsync<long>("select count(*) from ingestion.transactions")).ShouldBe(sent);
        // A host that knows the new key only reads everything.
        var third = await bar.AddHostAsync(settings: With(bar, NewKey, null));
        (await bar.PostAsync(bar.Event("last"), third)).ShouldBe(HttpStatusCode.OK);
        (await new Client(third, TestKeys.Token("owner")).DataAsync("{ venue(id: \"bar\") { posConnections { status } } }"))
            .At("venue.posConnections.0.status")
            .GetString()
            .ShouldBe("CONNECTED");
    }

    [Fact]
    public async Task What_no_key_opens_is_reported_left_as_it_is_and_good_again_once_its_key_is_back()
    {
        await using var bar = await OpenAsync();
        const string secrets = "select access_token || signature_key from integrations.pos_connections";
        var before = await bar.SqlAsync<string>(secrets);

        await using (var lost = await RunningHost.StartAsync(bar.Database, With(bar, NewKey, null), HurriedTime.ForProviders))
        {
            var connection = (
                await new Client(lost, TestKeys.Token("owner")).DataAsync(
                    "{ venue(id: \"bar\") { posConnections { status statusReason { code message } } } }"
                )
            ).At("venue.posConnections.0");
            connection.At("status").GetString().ShouldBe("NEEDS_ATTENTION");
            connection.At("statusReason.message").GetString()!.ShouldContain("POS_ENCRYPTION_KEYS_OLD");
            await Wait.UntilAsync(() => lost.Log.Lines.Any(l => l.Contains("cannot be opened with any key", StringComparison.Ordinal)));
            (await bar.PostAsync(bar.Event("p1"), lost)).ShouldBe(HttpStatusCode.ServiceUnavailable); // not refused: it comes again
        }

        (await bar.SqlAsync<string>(secrets)).ShouldBe(before);
        (await bar.PostAsync(bar.Event("p1"))).ShouldBe(HttpStatusCode.OK);
    }
}
