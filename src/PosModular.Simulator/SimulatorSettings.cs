using System.Globalization;

namespace PosModular.Simulator;

/// <summary>The simulator's settings, from the command line or from a test.</summary>
public sealed record SimulatorSettings
{
    /// <summary>Addresses to listen on, separated by semicolons; port 0 takes a free one. <c>--urls</c></summary>
    public string Urls { get; init; } = "http://127.0.0.1:9090";

    /// <summary>
    /// The delays between delivery attempts (Square: 1 minute to 8 hours; Toast: 5 and 10 minutes) are multiplied by this. The default
    /// turns minutes into seconds; 1 keeps the providers' delays. <c>--retry-scale</c>
    /// </summary>
    public double RetryScale { get; init; } = 1 / 60d;

    /// <summary>
    /// How long a receiver may take to answer a Square webhook (Square docs, Square Webhooks: 10 s). <c>--delivery-timeout-seconds</c>
    /// </summary>
    public TimeSpan DeliveryTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Number of webhooks in flight at once. Above 1 they may arrive out of order, as Square's do. <c>--delivery-concurrency</c>
    /// </summary>
    public int DeliveryConcurrency { get; init; } = 32;

    /// <summary>
    /// Maximum number of payments on one page, 1 to 100. Square may return fewer than the requested limit, so a client that stops at
    /// the first short page misses payments; a small number reveals that. <c>--page-size</c>
    /// </summary>
    public int PageSize { get; init; } = 100;

    /// <summary>
    /// Payments and refunds changed more recently than this, by the simulator's clock, are not listed yet: Square's lists are
    /// eventually consistent and lag by several seconds. <c>--list-lag-seconds</c>
    /// </summary>
    public TimeSpan ListLag { get; init; }

    /// <summary>
    /// An older cursor gets 400 INVALID_CURSOR; null: cursors never expire. Sources say 5 or 15 minutes. <c>--cursor-lifetime-seconds</c>
    /// </summary>
    public TimeSpan? CursorLifetime { get; init; }

    /// <summary>
    /// How long a receiver may take to answer a Toast webhook (Toast docs, Timeouts: 2 s). <c>--toast-delivery-timeout-seconds</c>
    /// </summary>
    public TimeSpan ToastDeliveryTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether warnings are logged to the console. <c>--quiet true</c> turns it off for the program; it is off in tests.
    /// </summary>
    public bool LogsToConsole { get; init; }

    /// <summary>Set by the argument <c>demo</c>: generates an evening of sales against a running host; null otherwise.</summary>
    public Demo.DemoSettings? Demo { get; init; }

    /// <summary>Reads the command line. An invalid option throws <see cref="ArgumentException"/> that names it.</summary>
    public static SimulatorSettings FromCommandLine(string[] args)
    {
        var line = new ConfigurationBuilder().AddCommandLine(args).Build();
        var defaults = new SimulatorSettings();
        return new SimulatorSettings
        {
            Urls = line["urls"] ?? defaults.Urls,
            RetryScale = ReadNumber(line, "retry-scale", defaults.RetryScale, 0, 1),
            DeliveryTimeout = TimeSpan.FromSeconds(ReadNumber(line, "delivery-timeout-seconds", 10, 0.01, 600)),
            DeliveryConcurrency = (int)ReadNumber(line, "delivery-concurrency", defaults.DeliveryConcurrency, 1, 10_000),
            PageSize = (int)ReadNumber(line, "page-size", defaults.PageSize, 1, 100),
            ListLag = TimeSpan.FromSeconds(ReadNumber(line, "list-lag-seconds", 0, 0, 3_600)),
            CursorLifetime = line["cursor-lifetime-seconds"] is null
                ? null
                : TimeSpan.FromSeconds(ReadNumber(line, "cursor-lifetime-seconds", 0, 0, 86_400)),
            ToastDeliveryTimeout = TimeSpan.FromSeconds(ReadNumber(line, "toast-delivery-timeout-seconds", 2, 0.01, 600)),
            LogsToConsole = line["quiet"] is not "true",
            Demo = args is ["demo", ..] ? PosModular.Simulator.Demo.DemoSettings.FromCommandLine(line) : null,
        };
    }

    internal static double ReadNumber(IConfiguration configuration, string name, double fallback, double min, double max)
    {
        if (configuration[name] is not { } text)
            return fallback;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new ArgumentException(
                $"--{name} must be a number from {min.ToString(CultureInfo.InvariantCulture)} to "
                    + $"{max.ToString(CultureInfo.InvariantCulture)}, not '{text}'."
            );
    }
}
