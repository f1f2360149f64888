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
    public Task The_operation_of_the_Python_client_fits_the_schema() => RunAsync("python.test.js");

    [Fact]
    public Task The_endpoint_passes_the_audit_of_graphql_http() => RunAsync("graphql-http.test.js");

    [Fact]
    public Task What_is_refused_is_refused_as_the_documentation_says() => RunAsync("refused.test.js");

    private async Task RunAsync(string script) => await NodeClient.RunAsync(await shared.GetAsync(), script);
}
