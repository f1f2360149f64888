using GraphQL;
using GraphQL.DataLoader;
using Microsoft.Extensions.DependencyInjection;

namespace PosModular.Kernel;

/// <summary>One question for many rows: answers for all keys that were asked for; a key without an answer may be left out.</summary>
public delegate Task<IReadOnlyDictionary<TKey, TValue>> LoadBatch<TKey, TValue>(IReadOnlyList<TKey> keys, CancellationToken ct) where TKey : notnull;

/// <summary>Turns the same question asked by many objects of one query into one question for all of them.</summary>
/// <remarks>GraphQL.NET first runs every resolver it can and only then asks the results that are data loaders, so all keys of a level
/// are here when the first answer is wanted. Loaders live as long as the operation.</remarks>
public sealed class BatchLoaders
{
    private readonly Dictionary<object, object> _rounds = [];

    /// <summary>Puts a key into the round that is still open for this question and promises its answer.</summary>
    /// <param name="context">The field that asks.</param>
    /// <param name="question">Who asks what, e.g. the slice's type: one round for each.</param>
    /// <param name="key">The row asked about.</param>
    /// <param name="load">The set-based question.</param>
    /// <param name="none">The answer for a key without one.</param>
    public static IDataLoaderResult<TValue> Ask<TKey, TValue>(
        IResolveFieldContext context, object question, TKey key, LoadBatch<TKey, TValue> load, TValue none) where TKey : notnull
    {
        var loaders = context.RequestServices!.GetRequiredService<BatchLoaders>();
        lock (loaders._rounds)
        {
            if (!loaders._rounds.TryGetValue(question, out var open) || open is not BatchRound<TKey, TValue> { Sent: false } round)
                loaders._rounds[question] = round = new BatchRound<TKey, TValue>(load);
            round.Keys.Add(key);
            return new Answer<TKey, TValue>(loaders._rounds, round, key, none);
        }
    }

    private sealed class BatchRound<TKey, TValue>(LoadBatch<TKey, TValue> load) where TKey : notnull
    {
        private Task<IReadOnlyDictionary<TKey, TValue>>? _answers;

        public HashSet<TKey> Keys { get; } = [];

        public bool Sent => _answers is not null;

        public Task<IReadOnlyDictionary<TKey, TValue>> Send(CancellationToken ct) => _answers ??= load([.. Keys], ct);
    }

    private sealed class Answer<TKey, TValue>(object gate, BatchRound<TKey, TValue> round, TKey key, TValue none) : IDataLoaderResult<TValue>
        where TKey : notnull
    {
        public async Task<TValue> GetResultAsync(CancellationToken cancellationToken = default)
        {
            Task<IReadOnlyDictionary<TKey, TValue>> answers;
            lock (gate)
                answers = round.Send(cancellationToken);
            return (await answers).GetValueOrDefault(key, none);
        }

        async Task<object?> IDataLoaderResult.GetResultAsync(CancellationToken cancellationToken) => await GetResultAsync(cancellationToken);
    }
}
