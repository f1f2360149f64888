using PosModular.Benchmarks;

// ./bench runs this: how many webhooks a second are durable, beside two floors measured in the same run; what part rules and analytics have; how fast a
// till's past is read; or what a page of sales costs far down the list.
return args switch
{
    ["hmac-floor", var url] => await HmacFloor.ServeAsync(url),
    ["--help", ..] => BenchSettings.Usage(),
    _ when BenchSettings.Read(args) is { } settings => settings switch
    {
        { Fraction: true } => await FractionBench.RunAsync(settings),
        { Sync: true } => await SyncBench.RunAsync(settings),
        { Pages: true } => await PagesBench.RunAsync(settings),
        _ => await WebhookBench.RunAsync(settings),
    },
    _ => BenchSettings.Usage(),
};
