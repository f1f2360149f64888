using Microsoft.Net.Http.Headers;

namespace PosModular.Host.GraphQL.Http;

/// <summary>Distinguishes a browser that opens <c>/graphql</c> as a page from a client that sends a query by GET.</summary>
internal static class BrowserRequest
{
    public static bool IsPageRequest(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && !request.Query.ContainsKey("query") && AcceptsPage(request);

    public static bool AcceptsPage(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept!, out var types)
        && types.Any(type => type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && type.Quality is not 0);
}
