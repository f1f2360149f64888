using System.Linq.Expressions;
using System.Reflection;
using GraphQL;
using GraphQL.Resolvers;
using GraphQL.Types;

namespace PosModular.Kernel.Schema;

/// <summary>Builds the code that resolves a field when the field is first requested. The schema has more than a thousand fields, of which a
/// host serves few, and compiling all of them would be half of its start.</summary>
internal static class LazyResolvers
{
    /// <summary>Gives the field of a CLR member its resolver, which reads the member of the object that the expression returns.</summary>
    public static void Assign(FieldType field, MemberInfo member, Type source, Func<LambdaExpression> instance)
    {
        if (member is MethodInfo method && IsStream(method.ReturnType))
        {
            var stream = new LazyStreamResolver(() => AutoRegisteringHelper.BuildSourceStreamResolver(method, source, field, instance()));
            (field.Resolver, field.StreamResolver) = (stream, stream);
        }
        else
            field.Resolver = new LazyResolver(() => AutoRegisteringHelper.BuildFieldResolver(member, source, field, instance()));
    }

    /// <summary>Gives the field of a property that holds a plain value a resolver that calls the getter and nothing else.</summary>
    public static void AssignProperty(FieldType field, PropertyInfo property) =>
        field.Resolver = new LazyResolver(() =>
            (IFieldResolver)
                Activator.CreateInstance(
                    typeof(PropertyResolver<,>).MakeGenericType(property.DeclaringType!, property.PropertyType),
                    property.GetMethod!
                )!
        );

    private static bool IsStream(Type type) =>
        type.IsGenericType
        && type.GetGenericTypeDefinition() is var open
        && (
            open == typeof(IObservable<>)
            || open == typeof(IAsyncEnumerable<>)
            || ((open == typeof(Task<>) || open == typeof(ValueTask<>)) && IsStream(type.GetGenericArguments()[0]))
        );

    // Two requests may build the same resolver at the same time; either one is as good as the other.
    private sealed class LazyResolver(Func<IFieldResolver> build) : IFieldResolver
    {
        private IFieldResolver? _resolver;

        public ValueTask<object?> ResolveAsync(IResolveFieldContext context) => (_resolver ??= build()).ResolveAsync(context);
    }

    /// <summary>Each event of a stream is the source of the field, so it is resolved to itself.</summary>
    private sealed class LazyStreamResolver(Func<ISourceStreamResolver> build) : ISourceStreamResolver, IFieldResolver
    {
        private ISourceStreamResolver? _resolver;

        public ValueTask<object?> ResolveAsync(IResolveFieldContext context) => new(context.Source);

        ValueTask<IObservable<object?>> ISourceStreamResolver.ResolveAsync(IResolveFieldContext context) =>
            (_resolver ??= build()).ResolveAsync(context);
    }

    private sealed class PropertyResolver<TSource, TValue>(MethodInfo getter) : IFieldResolver
        where TSource : class
    {
        private readonly Func<TSource, TValue> _get = getter.CreateDelegate<Func<TSource, TValue>>();

        public ValueTask<object?> ResolveAsync(IResolveFieldContext context) => new(_get((TSource)context.Source!));
    }
}
