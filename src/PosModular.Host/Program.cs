using PosModular.Host;
using PosModular.Host.Commands;

return await CommandLine.RunAsync(args, PosHost.RunAsync);
