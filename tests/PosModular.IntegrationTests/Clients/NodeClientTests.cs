using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.Clients;

/// <summary>
/// The clients of docs/clients.md, as their authors publish them, against the real host. Their code and their tests are in
/// tests/PosModular.Clients.
/// </summary>
public sealed class NodeClientTests(SharedTestVenue shared) : IClassFixture<SharedTestVenue>
{
    [Fact]
    public Task Apollo_joins_pages_resumes_by_cursor_and_its_cache_does_not_go_back_in_time() => RunAsync("apollo.test.js");

    [Fact]
    public Task Urql_joins_pages_subscribes_and_its_cache_does_not_go_back_in_time() => RunAsync("urql.test.js");

    [Fact]
    public Task Graphql_request_tells_results_from_refusals() => RunAsync("graphql-request.test.js");

    [Fact]
    public Task Graphql_sse_resumes_by_cursor() => RunAsync("graphql-sse.test.js");

    [Fact]
    public Task Relay_compiles_and_reads_fragments_again_by_the_id_of_a_node() => RunAsync("relay.test.js");

    [Fact]
    public Task Graphql_codegen_generates_types_that_compile() => RunAsync("codegen.test.js");

    [Fact]
    public Task Gql_tada_infers_types_that_compile() => RunAsync("tada.test.js");

    [Fact]
    public Task Apollo_registers_a_query_once_and_then_names_it_by_its_hash() => RunAsync("persisted-queries.test.js");

    [Fact]
    public async Task The_documents_that_graphql_codegen_writes_are_trusted_and_no_others()
    {
        await NodeClient.RunAsync("codegen/generate.js");
        var file = Path.Combine(NodeClient.Folder, "codegen", "gql", "persisted-documents.json");
        var venue = await shared.GetAsync();
        await using var host = await TestHost.StartAsync(
            venue.Database,
            new Dictionary<string, string?>(venue.Settings) { ["Pos:GraphQL:Documents"] = file, ["Pos:GraphQL:OnlyDocuments"] = "true" }
        );
        var documents = JsonSerializer.Deserialize<Dictionary<string, string>>(
            await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)
        )!;
        var (id, text) = documents.ShouldHaveSingleItem();
        var variables = new { venueId = TestVenue.VenueId, first = 1 };

        (await PostAsync(host, new { documentId = id, variables })).At("data.venue.transactions.nodes").GetArrayLength().ShouldBe(0);
        (await PostAsync(host, new { extensions = new { persistedQuery = new { version = 1, sha256Hash = id } }, variables }))
            .At("data.venue.transactions.nodes")
            .GetArrayLength()
            .ShouldBe(0);
        (await PostAsync(host, new { query = text, variables })).At("data.venue.transactions.nodes").GetArrayLength().ShouldBe(0);
        (await PostAsync(host, new { query = "{ viewer { id } }" })).At("errors.0.extensions.code").GetString().ShouldBe("INVALID_INPUT");
    }

    [Fact]
    public Task The_operation_of_the_Python_client_fits_the_schema() => RunAsync("python.test.js");

    [Fact]
    public Task The_endpoint_passes_the_audit_of_graphql_http() => RunAsync("graphql-http.test.js");

    [Fact]
    public Task What_is_refused_is_refused_as_the_documentation_says() => RunAsync("refused.test.js");

    private static async Task<JsonElement> PostAsync(TestHost host, object request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/graphql") { Content = JsonContent.Create(request) };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", TestKeys.Token(TestVenue.OwnerId));
        using var response = await host.Http.SendAsync(message, TestContext.Current.CancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    private async Task RunAsync(string script) => await NodeClient.RunAsync(await shared.GetAsync(), script);
}
