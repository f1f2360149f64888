using Microsoft.Extensions.DependencyInjection;

namespace PosModular.Kernel.Schema;

/// <summary>The slices that the modules bring to the one schema: which type each adds its field to.</summary>
/// <remarks>A slice is a class with one public method, which is the field: named as the method, or as the class when the method is
/// called <c>Handle</c>. The parameters are the arguments. It is made once, so all it holds must be safe to share.</remarks>
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

    /// <summary>Adds a slice to a type by its GraphQL name: also to one that another module owns.</summary>
    public static IServiceCollection AddField<TSlice>(this IServiceCollection services, string type)
        where TSlice : class
    {
        services.GetSlices().Add(type, typeof(TSlice));
        return services.AddSingleton<TSlice>();
    }

    // One collection of parts for a host, filled while the modules register and read when the schema is made.
    private static SchemaSlices GetSlices(this IServiceCollection services)
    {
        if (services.FirstOrDefault(s => s.ServiceType == typeof(SchemaSlices))?.ImplementationInstance is SchemaSlices parts)
            return parts;
        services.AddSingleton(parts = new SchemaSlices());
        return parts;
    }
}
