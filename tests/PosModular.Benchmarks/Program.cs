using PosModular.Benchmarks;

// ./bench runs this. It measures durable webhooks a second beside two baselines of the same run, the cost of rules and analytics, the speed
// of a sync, the latency of pages far down the list of transactions, or webhooks beside hostile clients.
return args switch
{
    ["signature-baseline", var url] => await SignatureBaseline.ServeAsync(url),
    ["--help", ..] => BenchSettings.Usage(),
    _ when BenchSettings.Parse(args) is { } settings => settings switch
    {
        { ReaderCost: true } => await ReaderCostBench.RunAsync(settings),
        { Sync: true } => await SyncBench.RunAsync(settings),
        { Hostile: true } => await HostileBench.RunAsync(settings),
        { Pages: true } => await PagesBench.RunAsync(settings),
        _ => await WebhookBench.RunAsync(settings),
    },
    _ => BenchSettings.Usage(),
};
