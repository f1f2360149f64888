using PosModular.Benchmarks;
using PosModular.Benchmarks.Live;
using PosModular.Benchmarks.Reads;
using PosModular.Benchmarks.Starts;

// ./bench runs this. It measures durable webhooks a second beside two baselines of the same run, the cost of rules and analytics, the speed
// of a sync, the latency of pages far down the list of transactions, webhooks beside hostile clients, or live subscriptions.
return args switch
{
    ["signature-baseline", var url] => await SignatureBaseline.ServeAsync(url),
    ["fan-out-baseline", var url] => await FanOutBaseline.ServeAsync(url),
    ["read-baseline", var url] => await ReadBaseline.ServeAsync(url),
    ["subscribers", var file] => SubscriberProcess.Run(file),
    ["--help", ..] => BenchSettings.Usage(),
    _ when BenchSettings.Parse(args) is { } settings => settings.Mode switch
    {
        BenchMode.ReaderCost => await ReaderCostBench.RunAsync(settings),
        BenchMode.Sync => await SyncBench.RunAsync(settings),
        BenchMode.Hostile => await HostileBench.RunAsync(settings),
        BenchMode.Pages => await PagesBench.RunAsync(settings),
        BenchMode.Reads => await ReadBench.RunAsync(settings),
        BenchMode.Start => await StartBench.RunAsync(),
        BenchMode.Live => await LiveBench.RunAsync(settings),
        _ => await WebhookBench.RunAsync(settings),
    },
    _ => BenchSettings.Usage(),
};
