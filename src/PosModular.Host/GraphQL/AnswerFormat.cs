using Microsoft.Net.Http.Headers;

namespace PosModular.Host.GraphQL;

/// <summary>
/// Which forms of answer a caller accepts (GraphQL over HTTP, "Accept"). Several clients list an event stream and JSON for
/// everything and expect the server to choose by the kind of operation, so these are flags and not one winner.
/// </summary>
internal readonly record struct AnswerFormat(string? Json, bool EventStream)
{
    public const string Classic = "application/json";
    public const string Response = "application/graphql-response+json";
    public const string Stream = "text/event-stream";

    public bool Acceptable => Json is not null || EventStream;

    public bool OnlyEventStream => Json is null && EventStream;

    /// <summary>With application/json errors come with 200, as ever; with the newer type a request that did not run is a 400.</summary>
    public int StatusOf(bool executed) => !executed && Json == Response ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK;

    public static AnswerFormat Of(HttpRequest request)
    {
        var accept = request.Headers.Accept;
        if (accept.Count == 0 || (accept.Count == 1 && accept[0] is Classic or "*/*" or ""))
            return new AnswerFormat(Classic, false);
        if (!MediaTypeHeaderValue.TryParseList(accept!, out var types))
            return default;

        double classic = 0, response = 0;
        var stream = false;
        foreach (var type in types)
        {
            var quality = type.Quality ?? 1;
            if (type.MatchesAllTypes || type.MediaType.Equals("application/*", StringComparison.OrdinalIgnoreCase) || Is(type, Classic))
                classic = Math.Max(classic, quality);
            else if (Is(type, Response))
                response = Math.Max(response, quality);
            else if (Is(type, Stream))
                stream |= quality > 0;
        }

        var json = response > 0 && response >= classic ? Response : classic > 0 ? Classic : null;
        return new AnswerFormat(json, stream);
    }

    private static bool Is(MediaTypeHeaderValue type, string name) => type.MediaType.Equals(name, StringComparison.OrdinalIgnoreCase);
}
