using System.Diagnostics;
using System.Reflection;
using GraphQLParser.AST;
using Integrations.Contracts.Webhooks;
using Npgsql;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PosModular.Host.GraphQL.Execution;
using PosModular.Kernel.Feed;

namespace PosModular.Host;

/// <summary>Traces, metrics and logs over OTLP.</summary>
internal static class Telemetry
{
    private const string DefaultServiceName = "posmodular";
    private const string OperationTag = "graphql.operation";

    private static readonly ActivitySource GraphQLOperations = new("PosModular.GraphQL");

    /// <summary>Exports traces, metrics and logs over OTLP when OTEL_EXPORTER_OTLP_ENDPOINT is set; otherwise nothing is collected. What
    /// OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say wins over the defaults.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        if (!string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            services
                .AddOpenTelemetry()
                .ConfigureResource(resource =>
                    resource.AddService(DefaultServiceName, serviceVersion: Version()).AddEnvironmentVariableDetector()
                )
                .WithTracing(tracing =>
                    tracing
                        .AddAspNetCoreInstrumentation(requests => requests.EnrichWithHttpResponse = NameAfterOperation)
                        .AddHttpClientInstrumentation()
                        .AddNpgsql()
                        .AddSource(GraphQLOperations.Name)
                        .AddOtlpExporter()
                )
                .WithMetrics(metrics =>
                    metrics
                        .AddAspNetCoreInstrumentation()
                        .AddHttpClientInstrumentation()
                        .AddRuntimeInstrumentation()
                        .AddMeter(FeedRelays.MeterName, OutgoingWebhookMetrics.MeterName)
                        .AddOtlpExporter()
                )
                .WithLogging(logging => logging.AddOtlpExporter());
        return services;
    }

    /// <summary>Starts the span of a GraphQL operation, named by its type and name, e.g. "query Revenue". Null when nobody
    /// listens.</summary>
    /// <remarks>Source: OpenTelemetry semantic conventions, GraphQL server spans.</remarks>
    public static Activity? StartOperation(PreparedOperation operation)
    {
        if (!GraphQLOperations.HasListeners())
            return null;
        var type = operation.Type.ToString().ToLowerInvariant();
        var name = NameOf(operation);
        var spanName = name is null ? type : $"{type} {name}";
        Activity.Current?.SetTag(OperationTag, spanName);
        var span = GraphQLOperations.StartActivity(spanName);
        span?.SetTag("graphql.operation.type", type);
        if (name is not null)
            span?.SetTag("graphql.operation.name", name);
        return span;
    }

    // The instrumentation names the span of a request by its route when the request ends, and calls this afterwards. A WebSocket is one
    // request with many operations, so it keeps its route.
    private static void NameAfterOperation(Activity span, HttpResponse response)
    {
        if (!response.HttpContext.WebSockets.IsWebSocketRequest && span.GetTagItem(OperationTag) is string operation)
            span.DisplayName = operation;
    }

    private static string? NameOf(PreparedOperation operation) =>
        operation.Request.OperationName is { Length: > 0 } asked
            ? asked
            : operation.Document.Definitions.OfType<GraphQLOperationDefinition>().FirstOrDefault()?.Name?.StringValue;

    private static string Version() =>
        typeof(Telemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
