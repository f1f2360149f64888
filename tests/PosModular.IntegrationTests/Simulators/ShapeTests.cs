using System.Text.Json;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>The comparison with the samples does find what differs.</summary>
public sealed class ShapeTests
{
    private const string Sample =
        """{"id":"x1","status":"COMPLETED","at":"2021-10-13T19:34:33.524Z","money":{"amount":5},"ids":["a"],"note":null}""";

    [Theory]
    [InlineData(
        """{"id":"y2","status":"APPROVED","at":"2026-11-24T20:00:00.000Z","money":{"amount":7},"ids":[],"note":"hello"}""",
        "ids[]"
    )]
    [InlineData("""{"id":"y2","status":"APPROVED","at":"2026-11-24T20:00:00.000Z","money":{"amount":null},"ids":["b","c"],"note":null}""")]
    public void What_is_alike_passes(string ours, params string[] leftOut) => Of(ours).ShouldMatch(Of(Sample), [], leftOut);

    [Theory]
    [InlineData(
        "a field more",
        """{"id":"x1","status":"COMPLETED","at":"2021-10-13T19:34:33.524Z","money":{"amount":5,"currency":"USD"},"ids":["a"],"note":null}"""
    )]
    [InlineData("a field less", """{"id":"x1","status":"COMPLETED","at":"2021-10-13T19:34:33.524Z","money":{"amount":5},"ids":["a"]}""")]
    [InlineData(
        "text for a number",
        """{"id":"x1","status":"COMPLETED","at":"2021-10-13T19:34:33.524Z","money":{"amount":"5"},"ids":["a"],"note":null}"""
    )]
    [InlineData(
        "no milliseconds",
        """{"id":"x1","status":"COMPLETED","at":"2021-10-13T19:34:33Z","money":{"amount":5},"ids":["a"],"note":null}"""
    )]
    [InlineData(
        "no word in capitals",
        """{"id":"x1","status":"Completed","at":"2021-10-13T19:34:33.524Z","money":{"amount":5},"ids":["a"],"note":null}"""
    )]
    public void What_differs_fails(string how, string ours) =>
        Should.Throw<ShouldAssertException>(() => Of(ours).ShouldMatch(Of(Sample), [], []), how);

    private static Shape Of(string json) => Shape.Of(JsonDocument.Parse(json).RootElement);
}
