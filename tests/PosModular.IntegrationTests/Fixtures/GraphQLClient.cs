using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>Sends GraphQL requests to a host, with an access token or, if it is null, anonymously.</summary>
internal sealed class GraphQLClient(TestHost host, string? token)
{
    public string? Token => token;

    /// <summary>Returns the whole response, data and errors.</summary>
    public async Task<JsonElement> ExecuteAsync(string query, object? variables = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql") { Content = JsonContent.Create(new { query, variables }) };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    /// <summary>Returns the data of the response; fails if it has errors.</summary>
    public async Task<JsonElement> GetDataAsync(string query, object? variables = null)
    {
        var response = await ExecuteAsync(query, variables);
        response
            .TryGetProperty("errors", out var errors)
            .ShouldBeFalse(errors + "\n" + host.Log.Lines.LastOrDefault(l => l.StartsWith("Error", StringComparison.Ordinal)));
        return response.GetProperty("data");
    }

    /// <summary>Returns the code of the first error; fails if there is none.</summary>
    public async Task<string?> GetErrorCodeAsync(string query, object? variables = null)
    {
        var response = await ExecuteAsync(query, variables);
        response.TryGetProperty("errors", out var errors).ShouldBeTrue(response.ToString());
        return errors[0].GetProperty("extensions").GetProperty("code").GetString();
    }
}

internal static class JsonElementExtensions
{
    /// <summary>Returns the element at a path such as "venue.transactions.nodes.0".</summary>
    public static JsonElement At(this JsonElement element, string path) =>
        path.Split('.').Aggregate(element, (e, name) => int.TryParse(name, out var index) ? e[index] : e.GetProperty(name));
}
