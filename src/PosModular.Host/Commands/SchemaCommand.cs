using GraphQL.Types;
using PosModular.Kernel.Schema;

namespace PosModular.Host.Commands;

/// <summary>Prints the schema as committed in schema.graphql. It needs neither a database nor settings.</summary>
internal static class SchemaCommand
{
    public static string Print()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["ConnectionStrings:Pos"] = "Host=nowhere";
        builder.Configuration["Pos:PublicBaseUrl"] = "http://nowhere";
        builder.Configuration["POS_ENCRYPTION_KEY"] = new string('0', 64);
        PosHost.AddModules(builder);
        using var services = builder.Services.BuildServiceProvider();
        return services.GetRequiredService<ISchema>().PrintSdl();
    }
}
