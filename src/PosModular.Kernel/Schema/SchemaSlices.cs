using Microsoft.Extensions.DependencyInjection;

namespace PosModular.Kernel.Schema;

/// <summary>The slices that the modules contribute to the schema, each with the GraphQL type to which it adds a field.</summary>
/// <remarks>A slice is a class with one public method, which is the resolver of the field. The field is named after the method, or after
/// the class when the method is called <c>HandleAsync</c>; the parameters are its arguments. A slice is a singleton, so everything it holds
/// must be thread-safe.</remarks>
public sealed class SchemaSlices
{
    private readonly List<(string Type, Type Slice)> _slices = [];

    public IReadOnlyList<(string Type, Type Slice)> Slices => _slices;

    internal void Add(string type, Type slice) => _slices.Add((type, slice));

    internal IEnumerable<Type> SlicesOf(string type) => _slices.Where(s => s.Type == type).Select(s => s.Slice);
}

public static class SliceRegistration
{
    public static IServiceCollection AddQuery<TSlice>(this IServiceCollection services)
        where TSlice : class => services.AddField<TSlice>("Query");

    public static IServiceCollection AddMutation<TSlice>(this IServiceCollection services)
        where TSlice : class => services.AddField<TSlice>("Mutation");

    public static IServiceCollection AddSubscription<TSlice>(this IServiceCollection services)
        where TSlice : class => services.AddField<TSlice>("Subscription");

    /// <summary>Adds a field to a GraphQL type by its name, which may belong to another module.</summary>
    public static IServiceCollection AddField<TSlice>(this IServiceCollection services, string type)
        where TSlice : class
    {
        services.GetSlices().Add(type, typeof(TSlice));
        return services.AddSingleton<TSlice>();
    }

    // One collection per host, filled while the modules register and read when the schema is built.
    private static SchemaSlices GetSlices(this IServiceCollection services)
    {
        if (services.FirstOrDefault(s => s.ServiceType == typeof(SchemaSlices))?.ImplementationInstance is SchemaSlices parts)
            return parts;
        services.AddSingleton(parts = new SchemaSlices());
        return parts;
    }
}
