using GraphQL;
using GraphQL.Types;
using Microsoft.Extensions.DependencyInjection;
using PosModular.Kernel.Batching;

namespace PosModular.Kernel.Schema;

public static class SchemaSetup
{
    /// <summary>The schema as a singleton, made from what the modules have registered.</summary>
    public static IServiceCollection AddMergedSchema(this IServiceCollection services)
    {
        services.AddScoped<BatchLoaders>();
        services.AddGraphQL(graphQL => graphQL.AddSelfActivatingSchema<MergedSchema>().AddGraphTypeMappingProvider(new ClrTypeMapping()));
        return services;
    }

    /// <summary>The schema as SDL, as committed in schema.graphql.</summary>
    public static string PrintSdl(this ISchema schema) => MergedSchema.Print(schema);
}
