using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.Reading;

public sealed class IntrospectionTests(SharedTestVenue sharedVenue) : IClassFixture<SharedTestVenue>
{
    [Fact]
    public async Task Scalars_name_the_public_document_that_defines_their_format()
    {
        var venue = await sharedVenue.GetAsync();

        var data = await venue.Owner.GetDataAsync(
            """
            { date: __type(name: "DateTime") { specifiedByURL } id: __type(name: "ID") { specifiedByURL }
              __schema { directives { name locations args { name } } } }
            """
        );

        data.At("date.specifiedByURL").GetString().ShouldBe("https://www.rfc-editor.org/rfc/rfc3339#section-5.6");
        data.At("id.specifiedByURL").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        data.At("__schema.directives")
            .EnumerateArray()
            .Single(directive => directive.GetProperty("name").GetString() == "specifiedBy")
            .ToString()
            .ShouldBe("""{"name":"specifiedBy","locations":["SCALAR"],"args":[{"name":"url"}]}""");
    }
}
