using PosModular.Benchmarks;
using PosModular.Benchmarks.Intake;
using PosModular.Benchmarks.Live;
using PosModular.Benchmarks.Reads;
using PosModular.Benchmarks.Reports;
using PosModular.Benchmarks.Starts;

// ./bench runs this: all measurements in one table, or one of them. The first words are those of the processes that it starts itself.
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
        BenchMode.Intake => await IntakeBench.RunAsync(settings),
        BenchMode.Webhooks => await WebhookBench.RunAsync(settings),
        BenchMode.Live => await LiveBench.RunAsync(settings),
        _ => await FullBench.RunAsync(settings),
    },
    _ => BenchSettings.Usage(),
};
