using PosModular.Benchmarks;

// ./bench runs this: how many webhooks a second are durable, beside two floors measured in the same run.
return args switch
{
    ["hmac-floor", var url] => await HmacFloor.ServeAsync(url),
    ["--help", ..] => BenchSettings.Usage(),
    _ => await WebhookBench.RunAsync(BenchSettings.Read(args)),
};
