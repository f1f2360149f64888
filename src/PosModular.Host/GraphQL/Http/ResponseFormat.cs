using Microsoft.Net.Http.Headers;

namespace PosModular.Host.GraphQL.Http;

/// <summary>
/// The media types that a client accepts (GraphQL over HTTP, "Accept"). Several clients always accept both an event stream and JSON and
/// expect the server to choose by the type of the operation, so both are kept.
/// </summary>
internal readonly record struct ResponseFormat(string? JsonMediaType, bool AcceptsEventStream)
{
    public const string ApplicationJson = "application/json";
    public const string GraphQLResponseJson = "application/graphql-response+json";
    public const string TextEventStream = "text/event-stream";

    public bool IsAcceptable => JsonMediaType is not null || AcceptsEventStream;

    public bool AcceptsOnlyEventStream => JsonMediaType is null && AcceptsEventStream;

    /// <summary>With application/json every GraphQL error has status 200; with application/graphql-response+json a request that did not
    /// run has 400.</summary>
    public int StatusOf(bool executed) =>
        !executed && JsonMediaType == GraphQLResponseJson ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK;

    public static ResponseFormat FromRequest(HttpRequest request)
    {
        var accept = request.Headers.Accept;
        if (accept.Count == 0 || (accept.Count == 1 && accept[0] is ApplicationJson or "*/*" or ""))
            return new ResponseFormat(ApplicationJson, false);
        if (!MediaTypeHeaderValue.TryParseList(accept!, out var types))
            return default;

        double jsonQuality = 0,
            graphQLResponseQuality = 0;
        var acceptsEventStream = false;
        foreach (var type in types)
        {
            var quality = type.Quality ?? 1;
            if (
                type.MatchesAllTypes
                || type.MediaType.Equals("application/*", StringComparison.OrdinalIgnoreCase)
                || Matches(type, ApplicationJson)
            )
                jsonQuality = Math.Max(jsonQuality, quality);
            else if (Matches(type, GraphQLResponseJson))
                graphQLResponseQuality = Math.Max(graphQLResponseQuality, quality);
            else if (Matches(type, TextEventStream))
                acceptsEventStream |= quality > 0;
        }

        var json =
            graphQLResponseQuality > 0 && graphQLResponseQuality >= jsonQuality ? GraphQLResponseJson
            : jsonQuality > 0 ? ApplicationJson
            : null;
        return new ResponseFormat(json, acceptsEventStream);
    }

    private static bool Matches(MediaTypeHeaderValue type, string name) => type.MediaType.Equals(name, StringComparison.OrdinalIgnoreCase);
}
