using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>One bar for those tests of a class that only ask: a class fixture, opened for the first of them.</summary>
public sealed class SharedTestVenue(TestPostgres postgres) : IAsyncDisposable
{
    private TestVenue? _venue;

    internal async Task<TestVenue> GetAsync() => _venue ??= await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

    public ValueTask DisposeAsync() => _venue?.DisposeAsync() ?? default;
}
