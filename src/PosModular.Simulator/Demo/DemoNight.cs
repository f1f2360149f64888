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
internal sealed class DemoNight(
    DemoSettings settings,
    SellerBook sellers,
    Ledger ledger,
    Deliveries deliveries,
    TimeProvider clock,
    IHostApplicationLifetime life
) : BackgroundService
{
    private static readonly TimeSpan OnStage = TimeSpan.FromHours(4); // after opening, and for as long

    private readonly Crowd _crowd = new(settings.Seed);
    private readonly PriorityQueue<Func<Task>, DateTimeOffset> _later = new();
    private readonly TaskCompletionSource _sold = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when all sales of a demo with <see cref="DemoSettings.Sales"/> are rung up, captured, tipped and refunded.</summary>
    public Task Sold => _sold.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        try
        {
            // The product calls back while it connects, so the simulator must be listening first.
            await ListeningAsync(stoppingToken);
            using var product = new PosModularApi(settings);
            await SetUpAsync(product, stoppingToken);
            var evening = Evening.First(clock.GetUtcNow(), settings.Speed);
            Console.WriteLine(Welcome.Text(settings, evening.Date));

            var doorman = new Doorman(product, ledger);
            var watching = DemoVenue.All.Select(venue => doorman.WatchAsync(venue, closing.Token)).ToArray();
            await TradeAsync(product, doorman, evening, stoppingToken);
            _sold.SetResult();
            await Task.WhenAll(watching);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Say($"closing; webhooks {Counts()}");
        }
        catch (DemoFailed e)
        {
            Say($"cannot go on: {e.Message}");
            _sold.TrySetException(e);
            Environment.ExitCode = 1;
            life.StopApplication();
        }
        finally
        {
            await closing.CancelAsync();
        }
    }

    private async Task ListeningAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var whenStarted = life.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
    }

    private async Task SetUpAsync(PosModularApi product, CancellationToken cancellationToken)
    {
        Say($"waiting for {settings.Target}");
        var deadline = clock.GetUtcNow() + settings.Wait;
        while (!await product.IsReadyAsync(cancellationToken))
        {
            if (clock.GetUtcNow() >= deadline)
                throw new DemoFailed($"{settings.Target}health/ready did not answer 200 within {settings.Wait.TotalSeconds:0} s.");
            await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken);
        }

        foreach (var venue in DemoVenue.All)
        {
            sellers.AddTill(venue.Till);
            var isNew = await product.RegisterVenueAsync(venue, cancellationToken);
            var status = await product.ConnectPosAsync(venue, cancellationToken);
            var rules = await product.RulesAsync(venue, cancellationToken);
            foreach (var rule in DemoRule.All.Where(rule => !rules.Contains(rule.Name)))
                await product.CreateRuleAsync(venue, rule, cancellationToken);
            // Left open by a run that was stopped between 22:00 and 02:00.
            foreach (var session in (await product.SessionsAsync(venue, cancellationToken)).Where(s => s.EndedAt is null))
                await product.EndSessionAsync(session.Id, session.StartedAt + OnStage, cancellationToken);
            Say($"{venue.Id}: {(isNew ? "registered" : "was registered before")}; till {venue.Till.LocationId} {status}");
        }
    }

    private async Task TradeAsync(PosModularApi product, Doorman doorman, Evening evening, CancellationToken cancellationToken)
    {
        var sales = 0;
        var nextSale = evening.Began;
        var nextWord = evening.Began;
        PutOnStage(product, evening, cancellationToken);
        while (true)
        {
            var now = clock.GetUtcNow();
            while (_later.TryPeek(out _, out var due) && due <= now)
                await _later.Dequeue()();
            var open = settings.Sales == 0 || sales < settings.Sales;
            if (!open && _later.Count == 0)
                return;
            if (open && nextSale >= evening.Ends)
            {
                evening = evening.Next();
                PutOnStage(product, evening, cancellationToken);
            }

            if (nextWord <= now)
            {
                Say(
                    $"{evening.At(TimeZoneInfo.Utc, now).ToString("dddd HH:mm", CultureInfo.InvariantCulture)}; {sales} sales, {doorman.Known} cards known; webhooks {Counts()}"
                );
                nextWord = now + TimeSpan.FromSeconds(20);
            }

            if (open && nextSale <= now)
            {
                // By its own time, not by ours: a program that was held up catches up without bunching the night.
                RingUp(evening, nextSale);
                sales++;
                nextSale += _crowd.Seconds(0.5, 1.5) / settings.SalesPerSecond;
                continue;
            }

            var wake = open ? nextSale : DateTimeOffset.MaxValue;
            if (_later.TryPeek(out _, out var first) && first < wake)
                wake = first;
            if (wake > now)
                await Task.Delay(wake - now, clock, cancellationToken);
        }
    }

    /// <summary>All dice for a sale are thrown here, so that the night is the same however the seconds fall.</summary>
    private void RingUp(Evening evening, DateTimeOffset at)
    {
        var which = _crowd.OneOf(DemoVenue.All.Count);
        var venue = DemoVenue.All[which];
        var sale = _crowd.NextSale(venue.Till.LocationId!, which, DemoVenue.All.Count) with { At = evening.At(venue.Zone, at) };
        var settled = at + (sale.Cash ? TimeSpan.Zero : Fast(_crowd.Seconds(120, 360)));
        var (givesUp, tips, isRefunded) = (_crowd.Chance(0.04), _crowd.Chance(0.12), _crowd.Chance(0.05));
        var (tip, part, wait) = (sale.Tip + 50 * _crowd.Between(1, 10), _crowd.Between(1, 4), Fast(_crowd.Seconds(300, 1_500)));
        var payment = ledger.AddSale(sale).Id;

        if (!sale.Cash && givesUp)
        {
            Later(settled, time => ledger.Cancel(payment, time));
            return;
        }

        if (!sale.Cash)
            Later(settled, time => ledger.Capture(payment, time));
        if (!sale.Cash && tips)
            Later(settled + Fast(TimeSpan.FromMinutes(2)), time => ledger.LeaveTip(payment, tip, time));

        // Half of the refunds are for everything, half for a part.
        if (isRefunded)
            Later(settled + wait, time =>
                ledger.GiveBack(payment, part > 2 ? null : Math.Max(1, sale.Amount * part / 4), "Wrong drink", time)
            );

        void Later(DateTimeOffset due, Action<DateTimeOffset> change) =>
            _later.Enqueue(
                () =>
                {
                    change(evening.At(venue.Zone, due));
                    return Task.CompletedTask;
                },
                due
            );
    }

    private void PutOnStage(PosModularApi product, Evening evening, CancellationToken cancellationToken)
    {
        foreach (var venue in DemoVenue.All)
        {
            var from = Evening.Opens(evening.Date, venue.Zone) + OnStage;
            string? session = null;
            _later.Enqueue(
                () =>
                    TryAsync(async () =>
                        session = (await product.SessionsAsync(venue, cancellationToken)).FirstOrDefault(s => s.StartedAt == from)?.Id
                            ?? await product.StartSessionAsync(venue, from, cancellationToken)
                    ),
                evening.Real(OnStage)
            );
            _later.Enqueue(
                () =>
                    session is null
                        ? Task.CompletedTask
                        : TryAsync(() => product.EndSessionAsync(session, from + OnStage, cancellationToken)),
                evening.Real(2 * OnStage)
            );
        }
    }

    /// <summary>A product that is away for a moment does not end the night.</summary>
    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (DemoFailed e)
        {
            Say(e.Message);
        }
    }

    private TimeSpan Fast(TimeSpan span) => span / settings.Speed;

    private string Counts()
    {
        var counts = deliveries.Counts;
        return $"{counts.Delivered} delivered, {counts.Pending} pending, {counts.Dropped} dropped";
    }

    private static void Say(string line) => Console.WriteLine($"[demo] {line}");
}
