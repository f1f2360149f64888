using System.Globalization;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Demo;

/// <summary>
/// Waits for the product, sets up the demo's venues there, then plays evening after evening until stopped: cards are APPROVED
/// and captured some minutes later, cash is COMPLETED at once; now and then a later tip, a refund or a cancelled authorisation;
/// a performer from 22:00 to 02:00. A second run on the same database finds what it needs and makes only what is missing.
/// If the product cannot be set up, the program ends with exit code 1.
/// </summary>
internal sealed class DemoScenario(
    DemoSettings settings,
    SellerStore sellers,
    SquareLedger ledger,
    SquareWebhookSender deliveries,
    TimeProvider clock,
    IHostApplicationLifetime lifetime
) : BackgroundService
{
    private static readonly TimeSpan PerformanceLength = TimeSpan.FromHours(4); // after opening, and for as long

    private readonly GuestGenerator _guests = new(settings.Seed);
    private readonly PriorityQueue<Func<Task>, DateTimeOffset> _scheduled = new();
    private readonly TaskCompletionSource _salesCompleted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when all sales of a demo with <see cref="DemoSettings.MaxSales"/> are rung up, captured, tipped and refunded.</summary>
    public Task SalesCompleted => _salesCompleted.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        try
        {
            // The product calls back while it connects, so the simulator must be listening first.
            await WaitUntilListeningAsync(stoppingToken);
            using var product = new PosModularApi(settings);
            await SetUpAsync(product, stoppingToken);
            var evening = Evening.First(clock.GetUtcNow(), settings.Speed);
            Console.WriteLine(WelcomeMessage.Format(settings, evening.Date));

            var doorman = new CardLinker(product, ledger);
            var watching = DemoVenue.All.Select(venue => doorman.FollowAsync(venue, closing.Token)).ToArray();
            await GenerateSalesAsync(product, doorman, evening, stoppingToken);
            _salesCompleted.SetResult();
            await Task.WhenAll(watching);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Log($"closing; webhooks {FormatDeliveryCounts()}");
        }
        catch (DemoException e)
        {
            Log($"cannot go on: {e.Message}");
            _salesCompleted.TrySetException(e);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
        finally
        {
            await closing.CancelAsync();
        }
    }

    private async Task WaitUntilListeningAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var whenStarted = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
    }

    private async Task SetUpAsync(PosModularApi product, CancellationToken cancellationToken)
    {
        Log($"waiting for {settings.Target}");
        var deadline = clock.GetUtcNow() + settings.ReadyTimeout;
        while (!await product.IsReadyAsync(cancellationToken))
        {
            if (clock.GetUtcNow() >= deadline)
                throw new DemoException($"{settings.Target}health/ready did not answer 200 within {settings.ReadyTimeout.TotalSeconds:0} s.");
            await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken);
        }

        foreach (var venue in DemoVenue.All)
        {
            sellers.AddSeller(venue.Seller);
            var isNew = await product.RegisterVenueAsync(venue, cancellationToken);
            var status = await product.ConnectPosAsync(venue, cancellationToken);
            var rules = await product.GetRuleNamesAsync(venue, cancellationToken);
            foreach (var rule in DemoRule.All.Where(rule => !rules.Contains(rule.Name)))
                await product.CreateRuleAsync(venue, rule, cancellationToken);
            // Left open by a run that was stopped between 22:00 and 02:00.
            foreach (var session in (await product.GetSessionsAsync(venue, cancellationToken)).Where(s => s.EndedAt is null))
                await product.EndSessionAsync(session.Id, session.StartedAt + PerformanceLength, cancellationToken);
            Log($"{venue.Id}: {(isNew ? "registered" : "was registered before")}; till {venue.Seller.LocationId} {status}");
        }
    }

    private async Task GenerateSalesAsync(PosModularApi product, CardLinker cardLinker, Evening evening, CancellationToken cancellationToken)
    {
        var sales = 0;
        var nextSale = evening.StartedAt;
        var nextWord = evening.StartedAt;
        SchedulePerformances(product, evening, cancellationToken);
        while (true)
        {
            var now = clock.GetUtcNow();
            while (_scheduled.TryPeek(out _, out var due) && due <= now)
                await _scheduled.Dequeue()();
            var open = settings.MaxSales == 0 || sales < settings.MaxSales;
            if (!open && _scheduled.Count == 0)
                return;
            if (open && nextSale >= evening.EndsAt)
            {
                evening = evening.Next();
                SchedulePerformances(product, evening, cancellationToken);
            }

            if (nextWord <= now)
            {
                Log(
                    $"{evening.VenueTimeAt(TimeZoneInfo.Utc, now).ToString("dddd HH:mm", CultureInfo.InvariantCulture)}; {sales} sales, {cardLinker.LinkedCards} cards known; webhooks {FormatDeliveryCounts()}"
                );
                nextWord = now + TimeSpan.FromSeconds(20);
            }

            if (open && nextSale <= now)
            {
                // By its own time, not by ours: a program that was held up catches up without bunching the night.
                AddSale(evening, nextSale);
                sales++;
                nextSale += _guests.Seconds(0.5, 1.5) / settings.SalesPerSecond;
                continue;
            }

            var wake = open ? nextSale : DateTimeOffset.MaxValue;
            if (_scheduled.TryPeek(out _, out var first) && first < wake)
                wake = first;
            if (wake > now)
                await Task.Delay(wake - now, clock, cancellationToken);
        }
    }

    /// <summary>All dice for a sale are thrown here, so that the night is the same however the seconds fall.</summary>
    private void AddSale(Evening evening, DateTimeOffset at)
    {
        var which = _guests.NextIndex(DemoVenue.All.Count);
        var venue = DemoVenue.All[which];
        var sale = _guests.NextSale(venue.Seller.LocationId!, which, DemoVenue.All.Count) with { At = evening.VenueTimeAt(venue.Zone, at) };
        var settled = at + (sale.Cash ? TimeSpan.Zero : InRealTime(_guests.Seconds(120, 360)));
        var (givesUp, tips, isRefunded) = (_guests.Chance(0.04), _guests.Chance(0.12), _guests.Chance(0.05));
        var (tip, part, wait) = (sale.Tip + 50 * _guests.Between(1, 10), _guests.Between(1, 4), InRealTime(_guests.Seconds(300, 1_500)));
        var payment = ledger.AddSale(sale).Id;

        if (!sale.Cash && givesUp)
        {
            Later(settled, time => ledger.Cancel(payment, time));
            return;
        }

        if (!sale.Cash)
            Later(settled, time => ledger.Capture(payment, time));
        if (!sale.Cash && tips)
            Later(settled + InRealTime(TimeSpan.FromMinutes(2)), time => ledger.SetTip(payment, tip, time));

        // Half of the refunds are for everything, half for a part.
        if (isRefunded)
            Later(settled + wait, time =>
                ledger.RefundPayment(payment, part > 2 ? null : Math.Max(1, sale.Amount * part / 4), "Wrong drink", time)
            );

        void Later(DateTimeOffset due, Action<DateTimeOffset> change) =>
            _scheduled.Enqueue(
                () =>
                {
                    change(evening.VenueTimeAt(venue.Zone, due));
                    return Task.CompletedTask;
                },
                due
            );
    }

    private void SchedulePerformances(PosModularApi product, Evening evening, CancellationToken cancellationToken)
    {
        foreach (var venue in DemoVenue.All)
        {
            var from = Evening.OpensAt(evening.Date, venue.Zone) + PerformanceLength;
            string? session = null;
            _scheduled.Enqueue(
                () =>
                    LogFailureAsync(async () =>
                        session = (await product.GetSessionsAsync(venue, cancellationToken)).FirstOrDefault(s => s.StartedAt == from)?.Id
                            ?? await product.StartSessionAsync(venue, from, cancellationToken)
                    ),
                evening.RealTimeAfter(PerformanceLength)
            );
            _scheduled.Enqueue(
                () =>
                    session is null
                        ? Task.CompletedTask
                        : LogFailureAsync(() => product.EndSessionAsync(session, from + PerformanceLength, cancellationToken)),
                evening.RealTimeAfter(2 * PerformanceLength)
            );
        }
    }

    /// <summary>A product that is away for a moment does not end the night.</summary>
    private static async Task LogFailureAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (DemoException e)
        {
            Log(e.Message);
        }
    }

    private TimeSpan InRealTime(TimeSpan span) => span / settings.Speed;

    private string FormatDeliveryCounts()
    {
        var counts = deliveries.Counts;
        return $"{counts.Delivered} delivered, {counts.Pending} pending, {counts.Dropped} dropped";
    }

    private static void Log(string line) => Console.WriteLine($"[demo] {line}");
}
