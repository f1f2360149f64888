using GraphQL;
using GraphQL.DataLoader;
using Microsoft.Extensions.DependencyInjection;

namespace PosModular.Kernel.Batching;

/// <summary>Loads the values of many keys with one query. Keys without a value may be left out of the result.</summary>
public delegate Task<IReadOnlyDictionary<TKey, TValue>> LoadBatch<TKey, TValue>(
    IReadOnlyList<TKey> keys,
    CancellationToken cancellationToken
)
    where TKey : notnull;

/// <summary>Combines the loads that many objects of one GraphQL operation ask for into one query.</summary>
/// <remarks>GraphQL.NET runs every resolver it can before it awaits the data loaders they returned, so all keys of one level have been
/// collected when the first value is needed. Loaders live as long as the operation.</remarks>
public sealed class BatchLoaders
{
    private readonly Dictionary<object, object> _openBatches = [];

    /// <summary>Adds a key to the open batch and returns a promise of its value.</summary>
    /// <param name="context">The resolver's context.</param>
    /// <param name="batchKey">Loads with an equal key share a batch; usually the slice's type.</param>
    /// <param name="key">The row whose value is wanted.</param>
    /// <param name="load">The query for all keys of a batch.</param>
    /// <param name="defaultValue">The value for keys that the query does not return.</param>
    public static IDataLoaderResult<TValue> Load<TKey, TValue>(
        IResolveFieldContext context,
        object batchKey,
        TKey key,
        LoadBatch<TKey, TValue> load,
        TValue defaultValue
    )
        where TKey : notnull
    {
        var loaders = context.RequestServices!.GetRequiredService<BatchLoaders>();
        lock (loaders._openBatches)
        {
            if (!loaders._openBatches.TryGetValue(batchKey, out var open) || open is not PendingBatch<TKey, TValue> { IsSent: false } round)
                loaders._openBatches[batchKey] = round = new PendingBatch<TKey, TValue>(load);
            round.Keys.Add(key);
            return new PendingValue<TKey, TValue>(loaders._openBatches, round, key, defaultValue);
        }
    }

    private sealed class PendingBatch<TKey, TValue>(LoadBatch<TKey, TValue> load)
        where TKey : notnull
    {
        private Task<IReadOnlyDictionary<TKey, TValue>>? _values;

        public HashSet<TKey> Keys { get; } = [];

        public bool IsSent => _values is not null;

        public Task<IReadOnlyDictionary<TKey, TValue>> SendAsync(CancellationToken cancellationToken) =>
            _values ??= load([.. Keys], cancellationToken);
    }

    private sealed class PendingValue<TKey, TValue>(object gate, PendingBatch<TKey, TValue> batch, TKey key, TValue defaultValue)
        : IDataLoaderResult<TValue>
        where TKey : notnull
    {
        public async Task<TValue> GetResultAsync(CancellationToken cancellationToken = default)
        {
            Task<IReadOnlyDictionary<TKey, TValue>> answers;
            lock (gate)
                answers = batch.SendAsync(cancellationToken);
            return (await answers).GetValueOrDefault(key, defaultValue);
        }

        async Task<object?> IDataLoaderResult.GetResultAsync(CancellationToken cancellationToken) =>
            await GetResultAsync(cancellationToken);
    }
}
