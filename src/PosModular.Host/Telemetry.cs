using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using PosModular.Kernel.Feed;

namespace PosModular.Host;

internal static class Telemetry
{
    /// <summary>Exports traces and metrics over OTLP when OTEL_EXPORTER_OTLP_ENDPOINT is set; otherwise nothing is collected.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        if (!string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            services
                .AddOpenTelemetry()
                .WithTracing(tracing => tracing.AddAspNetCoreInstrumentation().AddNpgsql().AddOtlpExporter())
                .WithMetrics(metrics => metrics.AddAspNetCoreInstrumentation().AddMeter(FeedRelays.MeterName).AddOtlpExporter());
        return services;
    }
}
