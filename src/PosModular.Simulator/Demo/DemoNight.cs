using System.Globalization;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Demo;

/// <summary>
/// Waits for the product, registers and connects the demo's venue, then lets sales flow until stopped: cards are APPROVED and
/// captured a few seconds later, cash is COMPLETED at once; now and then a later tip, a refund or a cancelled authorisation.
/// Says on the console what it does. If the product cannot be set up, the program ends with exit code 1.
/// </summary>
internal sealed class DemoNight(DemoSettings settings, SellerBook sellers, Ledger ledger, Deliveries deliveries, TimeProvider clock, IHostApplicationLifetime life) : BackgroundService
{
    private const int SalesBetweenCounts = 30;

    private readonly Crowd crowd = new(settings.Seed);
    private readonly PriorityQueue<Action, DateTimeOffset> later = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // The product calls back while it connects, so the simulator must be listening first.
            await ListeningAsync(stoppingToken);
            var till = sellers.AddTill(DemoVenue.Till);
            using (var product = new PosModularApi(settings)) await SetUpAsync(product, stoppingToken);
            await TradeAsync(till.Location, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Say($"closing; webhooks {Counts()}");
        }
        catch (DemoFailed e)
        {
            Say($"cannot go on: {e.Message}");
            Environment.ExitCode = 1;
            life.StopApplication();
        }
    }

    private async Task ListeningAsync(CancellationToken ct)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var whenStarted = life.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(ct);
    }

    private async Task SetUpAsync(PosModularApi product, CancellationToken ct)
    {
        Say($"waiting for {settings.Target}");
        var deadline = clock.GetUtcNow() + settings.Wait;
        while (!await product.IsReadyAsync(ct))
        {
            if (clock.GetUtcNow() >= deadline) throw new DemoFailed($"{settings.Target}health/ready did not answer 200 within {settings.Wait.TotalSeconds:0} s.");
            await Task.Delay(TimeSpan.FromSeconds(1), clock, ct);
        }

        Say(await product.RegisterVenueAsync(ct) ? $"registered venue {DemoVenue.Id}" : $"venue {DemoVenue.Id} was registered before");
        Say(await product.ConnectPosAsync(ct) is { } status ? $"connected Square location {DemoVenue.Till.LocationId}: {status}" : "the till was connected before");
    }

    private async Task TradeAsync(Location location, CancellationToken ct)
    {
        var nextSale = clock.GetUtcNow();
        for (var sales = 0; ;)
        {
            var now = clock.GetUtcNow();
            while (later.TryPeek(out _, out var due) && due <= now) later.Dequeue()();
            if (nextSale <= now)
            {
                RingUp(crowd.NextSale(location.Id), now);
                nextSale += crowd.Seconds(0.5, 1.5) / settings.SalesPerSecond;
                if (++sales % SalesBetweenCounts == 0) Say($"{sales} sales; webhooks {Counts()}");
                continue;
            }

            var next = later.TryPeek(out _, out var first) && first < nextSale ? first : nextSale;
            await Task.Delay(next - now, clock, ct);
        }
    }

    /// <summary>All dice for a sale are thrown here, so that the night is the same however the seconds fall.</summary>
    private void RingUp(Sale sale, DateTimeOffset now)
    {
        var payment = ledger.AddSale(sale);
        Tell("sale", payment);
        var settled = now + (sale.Cash ? TimeSpan.Zero : crowd.Seconds(2, 6));
        var (givesUp, tips, isRefunded) = (crowd.Chance(0.04), crowd.Chance(0.12), crowd.Chance(0.05));
        var (tip, part, wait) = (sale.Tip + 50 * crowd.Between(1, 10), crowd.Between(1, 4), crowd.Seconds(5, 25));

        if (!sale.Cash && givesUp)
        {
            later.Enqueue(() => Tell("cancelled", ledger.Cancel(payment.Id)), settled);
            return;
        }

        if (!sale.Cash) later.Enqueue(() => Tell("captured", ledger.Capture(payment.Id)), settled);
        if (!sale.Cash && tips) later.Enqueue(() => Tell("tip left", ledger.LeaveTip(payment.Id, tip)), settled + TimeSpan.FromSeconds(2));
        if (isRefunded)
        {
            // Half of the refunds are for everything, half for a part.
            later.Enqueue(() => Tell("refunded", ledger.GiveBack(payment.Id, part > 2 ? null : Math.Max(1, sale.Amount * part / 4), "Wrong drink")), settled + wait);
        }
    }

    private string Counts()
    {
        var counts = deliveries.Counts;
        return $"{counts.Delivered} delivered, {counts.Pending} pending, {counts.Dropped} dropped";
    }

    private static void Tell(string what, Payment payment)
    {
        var how = payment.Card is { } card ? $"{card.Brand} {card.Last4}" : "cash";
        var refunded = payment.Refunded > 0 ? $", refunded {Units(payment.Refunded)}" : "";
        Say($"{what,-9} {Units(payment.Total),8} {payment.Currency}  {how,-22} {payment.Id}{refunded}");
    }

    private static string Units(long minor) => (minor / 100m).ToString("0.00", CultureInfo.InvariantCulture);

    private static void Say(string line) => Console.WriteLine($"[demo] {line}");
}
