using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>
/// A class fixture: one venue and host for all tests of a class that do not disturb each other, created for the first of them.
/// </summary>
public sealed class SharedTestVenue(TestPostgres postgres) : IAsyncDisposable
{
    private TestVenue? _venue;

    internal async Task<TestVenue> GetAsync() => _venue ??= await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

    public ValueTask DisposeAsync() => _venue?.DisposeAsync() ?? default;
}
