using PosModular.Benchmarks;

// ./bench runs this: how many webhooks a second are durable, beside two floors measured in the same run; what part rules and analytics have; how fast a
// till's past is read; or what a page of sales costs far down the list.
return args switch
{
    ["hmac-floor", var url] => await SignatureBaseline.ServeAsync(url),
    ["--help", ..] => BenchSettings.Usage(),
    _ when BenchSettings.Parse(args) is { } settings => settings switch
    {
        { ReaderCost: true } => await ReaderCostBench.RunAsync(settings),
        { Sync: true } => await SyncBench.RunAsync(settings),
        { Pages: true } => await PagesBench.RunAsync(settings),
        _ => await WebhookBench.RunAsync(settings),
    },
    _ => BenchSettings.Usage(),
};
