using GraphQL;
using GraphQL.Types;
using Microsoft.Extensions.DependencyInjection;
using PosModular.Kernel.Batching;

namespace PosModular.Kernel.Schema;

public static class SchemaSetup
{
    /// <summary>Registers the schema as a singleton that is built from the slices of all modules.</summary>
    public static IServiceCollection AddMergedSchema(this IServiceCollection services)
    {
        services.AddScoped<BatchLoaders>();
        services.AddQuery<GetNode>();
        services.AddGraphQL(graphQL => graphQL.AddSelfActivatingSchema<MergedSchema>().AddGraphTypeMappingProvider(new ClrTypeMapping()));
        return services;
    }

    /// <summary>Prints the schema as SDL, as committed in schema.graphql.</summary>
    public static string PrintSdl(this ISchema schema) => MergedSchema.Print(schema);
}
