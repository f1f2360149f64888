using PosModular.Benchmarks;

// ./bench runs this: how many webhooks a second are durable, beside two floors measured in the same run; or what part rules and analytics have.
return args switch
{
    ["hmac-floor", var url] => await HmacFloor.ServeAsync(url),
    ["--help", ..] => BenchSettings.Usage(),
    _ when BenchSettings.Read(args) is { } settings => settings.Fraction ? await FractionBench.RunAsync(settings) : await WebhookBench.RunAsync(settings),
    _ => BenchSettings.Usage(),
};
