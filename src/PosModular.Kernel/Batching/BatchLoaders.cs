using GraphQL;
using GraphQL.DataLoader;
using Microsoft.Extensions.DependencyInjection;

namespace PosModular.Kernel.Batching;

/// <summary>One question for many rows: answers for all keys that were asked for; a key without an answer may be left out.</summary>
public delegate Task<IReadOnlyDictionary<TKey, TValue>> LoadBatch<TKey, TValue>(
    IReadOnlyList<TKey> keys,
    CancellationToken cancellationToken
)
    where TKey : notnull;

/// <summary>Turns the same question asked by many objects of one query into one question for all of them.</summary>
/// <remarks>GraphQL.NET first runs every resolver it can and only then asks the results that are data loaders, so all keys of a level
/// are here when the first answer is wanted. Loaders live as long as the operation.</remarks>
public sealed class BatchLoaders
{
    private readonly Dictionary<object, object> _openBatches = [];

    /// <summary>Puts a key into the round that is still open for this question and promises its answer.</summary>
    /// <param name="context">The field that asks.</param>
    /// <param name="batchKey">Who asks what, e.g. the slice's type: one round for each.</param>
    /// <param name="key">The row asked about.</param>
    /// <param name="load">The set-based question.</param>
    /// <param name="defaultValue">The answer for a key without one.</param>
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
