using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PosModular.Simulator;

/// <summary>JSON as Square writes it: characters such as + and &lt; stay as they are.</summary>
internal static class SquareAnswer
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IResult Of(JsonObject body, int status = 200) => Results.Content(Text(body), "application/json", statusCode: status);

    public static string Text(JsonObject body) => body.ToJsonString(Plain);
}
