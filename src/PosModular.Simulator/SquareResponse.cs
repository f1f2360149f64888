using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PosModular.Simulator;

/// <summary>JSON responses as Square writes them: characters such as + and &lt; are not escaped.</summary>
internal static class SquareResponse
{
    private static readonly JsonSerializerOptions SerializerOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IResult FromJson(JsonObject body, int status = 200) =>
        Results.Content(Serialize(body), "application/json", statusCode: status);

    public static string Serialize(JsonObject body) => body.ToJsonString(SerializerOptions);
}
