using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Settings;

namespace PosModular.IntegrationTests.PersistedDocuments;

/// <summary>Queries that clients name by a hash or an id.</summary>
public sealed class PersistedDocumentTests(TestPostgres postgres)
{
    private const string Query = "query Me { viewer { userId } }";
    private static readonly string Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Query)));

    [Fact]
    public async Task A_query_is_registered_under_its_hash_and_then_found_by_it()
    {
        await using var host = await StartAsync();

        var unknown = await PostAsync(host, new { extensions = PersistedQuery(Hash) });
        unknown.At("errors.0.message").GetString().ShouldBe("PersistedQueryNotFound");
        unknown.At("errors.0.extensions.code").GetString().ShouldBe("PERSISTED_QUERY_NOT_FOUND");

        (await PostAsync(host, new { query = Query, extensions = PersistedQuery(Hash) }))
            .At("data.viewer.userId")
            .GetString()
            .ShouldBe("u1");
        (await PostAsync(host, new { extensions = PersistedQuery(Hash) })).At("data.viewer.userId").GetString().ShouldBe("u1");
        (await PostAsync(host, new { documentId = "sha256:" + Hash })).At("data.viewer.userId").GetString().ShouldBe("u1");
    }

    [Fact]
    public async Task A_query_is_found_by_GET_too()
    {
        await using var host = await StartAsync();
        await PostAsync(host, new { query = Query, extensions = PersistedQuery(Hash) });

        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            "/graphql?extensions=" + Uri.EscapeDataString(JsonSerializer.Serialize(PersistedQuery(Hash)))
        );
        (await SendAsync(host, request)).At("data.viewer.userId").GetString().ShouldBe("u1");
    }

    [Fact]
    public async Task A_text_is_not_registered_under_the_hash_of_another()
    {
        await using var host = await StartAsync();

        (await PostAsync(host, new { query = "{ viewer { roles } }", extensions = PersistedQuery(Hash) }))
            .At("errors.0.extensions.code")
            .GetString()
            .ShouldBe("INVALID_INPUT");
        (await PostAsync(host, new { extensions = PersistedQuery(Hash) }))
            .At("errors.0.extensions.code")
            .GetString()
            .ShouldBe("PERSISTED_QUERY_NOT_FOUND");
    }

    [Fact]
    public async Task The_memory_for_registered_queries_is_bounded()
    {
        await using var host = await StartAsync();
        await PostAsync(host, new { query = Query, extensions = PersistedQuery(Hash) });

        // Two million characters are kept; these are more.
        for (var i = 0; i < 24; i++)
        {
            var text = $"query Me{i} {{ viewer {{ userId }} }} #" + new string('x', 90_000);
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
            (await PostAsync(host, new { query = text, extensions = PersistedQuery(hash) })).TryGetProperty("data", out _).ShouldBeTrue();
        }

        (await PostAsync(host, new { extensions = PersistedQuery(Hash) }))
            .At("errors.0.extensions.code")
            .GetString()
            .ShouldBe("PERSISTED_QUERY_NOT_FOUND");
    }

    [Theory]
    [InlineData("""{"me":"query Me { viewer { userId } }"}""")]
    [InlineData("""{"format":"apollo-persisted-query-manifest","operations":[{"id":"me","body":"query Me { viewer { userId } }"}]}""")]
    public async Task Only_trusted_documents_run_where_that_is_set(string file)
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, file, TestContext.Current.CancellationToken);
        await using var host = await StartAsync(("Pos:GraphQL:Documents", path), ("Pos:GraphQL:OnlyDocuments", "true"));
        File.Delete(path);

        (await PostAsync(host, new { documentId = "me" })).At("data.viewer.userId").GetString().ShouldBe("u1");
        (await PostAsync(host, new { extensions = PersistedQuery("me") })).At("data.viewer.userId").GetString().ShouldBe("u1");
        (await PostAsync(host, new { query = Query })).At("data.viewer.userId").GetString().ShouldBe("u1");

        const string Other = "query Other { viewer { roles } }";
        var otherHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Other)));
        var refused = await PostAsync(host, new { query = Other, extensions = PersistedQuery(otherHash) });
        refused.At("errors.0.extensions.code").GetString().ShouldBe("INVALID_INPUT");
        refused.At("errors.0.message").GetString().ShouldNotBeNull().ShouldContain("Pos__GraphQL__Documents");
        (await PostAsync(host, new { documentId = otherHash }))
            .At("errors.0.extensions.code")
            .GetString()
            .ShouldBe("PERSISTED_QUERY_NOT_FOUND");
    }

    [Theory]
    [InlineData("Pos:GraphQL:Documents", "/no/such/file.json")]
    [InlineData("Pos:GraphQL:OnlyDocuments", "maybe")]
    [InlineData("Pos:GraphQL:OnlyDocuments", "true")]
    public async Task A_wrong_setting_stops_the_start(string name, string value) =>
        (await Should.ThrowAsync<SettingException>(() => StartAsync((name, value)))).Message.ShouldContain("Pos__GraphQL__");

    private static object PersistedQuery(string hash) => new { persistedQuery = new { version = 1, sha256Hash = hash } };

    private async Task<TestHost> StartAsync(params (string Name, string? Value)[] settings) =>
        await TestHost.StartAsync(
            await postgres.CreateDatabaseAsync(),
            settings.Append(("Pos:PublicBaseUrl", "https://pos.example.test")).ToDictionary(s => s.Item1, s => s.Item2)
        );

    private static async Task<JsonElement> PostAsync(TestHost host, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
        {
            Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        return await SendAsync(host, request);
    }

    private static async Task<JsonElement> SendAsync(TestHost host, HttpRequestMessage request)
    {
        request.Headers.Authorization = new("Bearer", TestKeys.Token("u1"));
        using var response = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.Clone();
    }
}
