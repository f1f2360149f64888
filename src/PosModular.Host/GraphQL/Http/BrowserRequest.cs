using Microsoft.Net.Http.Headers;

namespace PosModular.Host.GraphQL.Http;

/// <summary>Tells a person who opened <c>/graphql</c> in a browser from a program that asks something by GET.</summary>
internal static class BrowserRequest
{
    public static bool IsPageRequest(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && !request.Query.ContainsKey("query")
        && MediaTypeHeaderValue.TryParseList(request.Headers.Accept!, out var types)
        && types.Any(type => type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && type.Quality is not 0);
}
