using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Errors;

public sealed class ErrorLogTests(TestPostgres postgres)
{
    [Fact]
    public async Task An_internal_error_is_logged_once_for_the_whole_response()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SqlAsync<int>("alter table rules.members rename to members_of_old");
        var before = venue.Host.Log.Lines.Count(IsAboutTheTable);

        (await venue.Owner.GetErrorCodeAsync("{ a: viewer { memberships { venueId } } b: viewer { memberships { venueId } } }")).ShouldBe(
            "INTERNAL"
        );

        (venue.Host.Log.Lines.Count(IsAboutTheTable) - before).ShouldBe(1);
        venue.Host.Log.Lines.Last(IsAboutTheTable).ShouldContain("2 internal errors");

        static bool IsAboutTheTable(string line) => line.Contains("rules.members\" does not exist", StringComparison.Ordinal);
    }
}
