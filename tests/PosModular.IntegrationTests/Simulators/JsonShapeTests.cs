using System.Text.Json;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>The comparison of JSON shapes finds every kind of difference.</summary>
public sealed class JsonShapeTests
{
    private const string Sample =
        """{"id":"x1","status":"COMPLETED","at":"2021-10-13T19:34:33.524Z","money":{"amount":5},"ids":["a"],"note":null}""";

    [Theory]
    [InlineData(
        """{"id":"y2","status":"APPROVED","at":"2026-11-24T20:00:00.000Z","money":{"amount":7},"ids":[],"note":"hello"}""",
        "ids[]"
    )]
    [InlineData("""{"id":"y2","status":"APPROVED","at":"2026-11-24T20:00:00.000Z","money":{"amount":null},"ids":["b","c"],"note":null}""")]
    public void Documents_of_the_same_shape_match(string json, params string[] omittedPaths) =>
        Of(json).ShouldMatch(Of(Sample), [], omittedPaths);

    [Theory]
    [InlineData(
        "an additional field",
        """{"id":"x1","status":"COMPLETED","at":"2021-10-13T19:34:33.524Z","money":{"amount":5,"currency":"USD"},"ids":["a"],"note":null}"""
    )]
    [InlineData("a missing field", """{"id":"x1","status":"COMPLETED","at":"2021-10-13T19:34:33.524Z","money":{"amount":5},"ids":["a"]}""")]
    [InlineData(
        "text instead of a number",
        """{"id":"x1","status":"COMPLETED","at":"2021-10-13T19:34:33.524Z","money":{"amount":"5"},"ids":["a"],"note":null}"""
    )]
    [InlineData(
        "no milliseconds",
        """{"id":"x1","status":"COMPLETED","at":"2021-10-13T19:34:33Z","money":{"amount":5},"ids":["a"],"note":null}"""
    )]
    [InlineData(
        "no enum-like word in capitals",
        """{"id":"x1","status":"Completed","at":"2021-10-13T19:34:33.524Z","money":{"amount":5},"ids":["a"],"note":null}"""
    )]
    public void Documents_of_different_shapes_do_not_match(string difference, string json) =>
        Should.Throw<ShouldAssertException>(() => Of(json).ShouldMatch(Of(Sample), [], []), difference);

    private static JsonShape Of(string json) => JsonShape.Of(JsonDocument.Parse(json).RootElement);
}
