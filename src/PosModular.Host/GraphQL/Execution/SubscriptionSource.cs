using System.Collections.Concurrent;
using System.Reflection;
using GraphQL;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Unwraps the IAsyncEnumerable that a subscription resolver returned. GraphQL.NET 8.8.5 wraps it in an internal observable
/// (ObservableFromAsyncEnumerable) that enumerates at full speed into an unbounded queue, so a slow client that resumes far in the past
/// would have its whole history in our memory. Pulled by the sender instead, the enumeration is no faster than the network.
/// </summary>
internal static class SubscriptionSource
{
    private const string WrapperTypeName = "GraphQL.Resolvers.ObservableFromAsyncEnumerable`1";
    private const string EnumerableFieldName = "_enumerable";

    private static readonly ConcurrentDictionary<Type, Func<object, IAsyncEnumerable<object?>>> Unwrappers = new();

    /// <summary>Called at start, so that an upgrade of GraphQL.NET that moves the field fails there instead of at the first
    /// subscription.</summary>
    public static void EnsureSupported()
    {
        if (
            typeof(IDocumentExecuter)
                .Assembly.GetType(WrapperTypeName)
                ?.GetField(EnumerableFieldName, BindingFlags.NonPublic | BindingFlags.Instance)
            is null
        )
            throw new NotSupportedException(
                $"This version of GraphQL.NET has no {WrapperTypeName}.{EnumerableFieldName}; see {nameof(SubscriptionSource)}."
            );
    }

    /// <exception cref="NotSupportedException">The resolver returned an observable of another type.</exception>
    public static IAsyncEnumerable<object?> Unwrap(IObservable<object?> wrapped) =>
        Unwrappers.GetOrAdd(wrapped.GetType(), CreateUnwrapper)(wrapped);

    private static Func<object, IAsyncEnumerable<object?>> CreateUnwrapper(Type type)
    {
        if (!type.IsGenericType || type.GetGenericTypeDefinition().FullName != WrapperTypeName)
            throw new NotSupportedException($"A subscription must return IAsyncEnumerable<T>, not {type}.");

        var field = type.GetField(EnumerableFieldName, BindingFlags.NonPublic | BindingFlags.Instance)!;
        var item = type.GetGenericArguments()[0];
        if (!item.IsValueType)
            return wrapped => (IAsyncEnumerable<object?>)field.GetValue(wrapped)!;

        var box = typeof(SubscriptionSource).GetMethod(nameof(Box), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(item);
        return wrapped => (IAsyncEnumerable<object?>)box.Invoke(null, [field.GetValue(wrapped)])!;
    }

    private static IAsyncEnumerable<object?> Box<T>(IAsyncEnumerable<T> values) => values.Select(value => (object?)value);
}
