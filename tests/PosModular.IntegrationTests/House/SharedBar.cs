using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.House;

/// <summary>One bar for those tests of a class that only ask: a class fixture, opened for the first of them.</summary>
public sealed class SharedBar(TestPostgres postgres) : IAsyncDisposable
{
    private Bar? _bar;

    internal async Task<Bar> OpenAsync() => _bar ??= await Bar.OpenAsync(await postgres.CreateDatabaseAsync());

    public ValueTask DisposeAsync() => _bar?.DisposeAsync() ?? default;
}
