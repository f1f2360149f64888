using System.Globalization;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Toast;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Demo;

/// <summary>
/// Waits for the host, sets up the demo's venues with some weeks of history, then generates sales until it is stopped, either now or
/// evening after evening of the past: card payments are APPROVED and captured later, cash is COMPLETED at once; occasionally there is a
/// later tip, a refund or a cancelled authorisation; a performer is on stage for four hours, from now or from 22:00 to 02:00. A
/// second run on the same database creates only what is missing. If the host cannot be set up, the program exits with code 1.
/// </summary>
internal sealed class DemoScenario(
    DemoSettings settings,
    SellerStore sellers,
    SquareLedger ledger,
    SimulatedToast toast,
    SquareWebhookSender deliveries,
    TimeProvider clock,
    IHostApplicationLifetime lifetime
) : BackgroundService
{
    /// <summary>A performance starts this long after opening, and lasts as long.</summary>
    private static readonly TimeSpan PerformanceLength = TimeSpan.FromHours(4);

    /// <summary>How many days of the history are compared with the provider.</summary>
    private const int ProvedDays = 14;

    private readonly DemoPointOfSale _pointOfSale = new(sellers, ledger, toast);
    private readonly GuestGenerator _guests = new(settings.Seed);
    private readonly PriorityQueue<Func<Task>, DateTimeOffset> _scheduled = new();
    private readonly TaskCompletionSource _salesCompleted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when all sales of a demo with <see cref="DemoSettings.MaxSales"/> and their later changes are made.</summary>
    public Task SalesCompleted => _salesCompleted.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        try
        {
            // The host may send requests as soon as it is connected, so the simulator must be listening first.
            await WaitUntilListeningAsync(stoppingToken);
            using var api = new PosModularApi(settings);
            var guestLinker = new GuestLinker(api, _pointOfSale);
            var watching = await SetUpAsync(api, guestLinker, stoppingToken, closing.Token);
            var evening = settings.IsNow ? Evening.Now(clock.GetUtcNow()) : Evening.First(clock.GetUtcNow(), settings.Speed);
            Console.WriteLine(WelcomeMessage.Format(settings, evening.Date));

            await GenerateSalesAsync(api, guestLinker, evening, stoppingToken);
            _salesCompleted.SetResult();
            await Task.WhenAll(watching);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Log($"stopping; webhooks: {FormatDeliveryCounts()}");
        }
        catch (DemoException e)
        {
            Log($"the demo cannot continue: {e.Message}");
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

    /// <summary>Returns the tasks that follow the payments of each venue.</summary>
    private async Task<List<Task>> SetUpAsync(
        PosModularApi api,
        GuestLinker guestLinker,
        CancellationToken cancellationToken,
        CancellationToken closing
    )
    {
        var watching = new List<Task>();
        Log($"waiting for {settings.Target} to become ready");
        var deadline = clock.GetUtcNow() + settings.ReadyTimeout;
        while (!await api.IsReadyAsync(cancellationToken))
        {
            if (clock.GetUtcNow() >= deadline)
                throw new DemoException(
                    $"{settings.Target}health/ready did not answer 200 within {settings.ReadyTimeout.TotalSeconds:0} s."
                );
            await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken);
        }

        foreach (var venue in DemoVenue.All)
        {
            _pointOfSale.Open(venue);
            var isNew = await api.RegisterVenueAsync(venue, cancellationToken);
            // Guests are recognised in the history too.
            var start = await api.GetFeedCursorAsync(venue, cancellationToken);
            var firstSale = clock.GetUtcNow() - TimeSpan.FromDays(settings.HistoryDays + 1);
            if (isNew && settings.HistoryDays > 0)
                SalesHistory.Add(_pointOfSale, venue, settings.Seed, firstSale, clock.GetUtcNow());
            var (status, notificationUrl) = await api.ConnectPosAsync(venue, cancellationToken);
            _pointOfSale.SendWebhooksTo(venue, notificationUrl);
            watching.Add(guestLinker.FollowAsync(venue, start, closing));
            if (isNew && settings.HistoryDays > 0)
            {
                await api.SyncAsync(venue, firstSale, cancellationToken);
                watching.Add(LogFailureAsync(() => ProveHistoryAsync(api, venue, closing)));
            }
            var rules = await api.GetRuleNamesAsync(venue, cancellationToken);
            foreach (var rule in DemoRule.All.Where(rule => !rules.Contains(rule.Name)))
                await api.CreateRuleAsync(venue, rule, cancellationToken);
            // A run that was stopped during a performance leaves its session open.
            foreach (var session in (await api.GetSessionsAsync(venue, cancellationToken)).Where(s => s.EndedAt is null))
                await api.EndSessionAsync(session.Id, session.StartedAt + PerformanceLength, cancellationToken);
            Log($"{venue.Id}: {(isNew ? "registered" : "already registered")}; location {venue.LocationId} is {status}");
        }

        return watching;
    }

    /// <summary>Compares the days of the history with the provider. On the third last one a payment that the provider never announced is
    /// missing and is repaired.</summary>
    private async Task ProveHistoryAsync(PosModularApi api, DemoVenue venue, CancellationToken cancellationToken)
    {
        while (!await api.IsSyncedAsync(venue, cancellationToken))
            await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken);
        var today = venue.BusinessDateOf(clock.GetUtcNow());
        var evening = today.AddDays(-3).ToDateTime(new TimeOnly(21, 40));
        _pointOfSale.AddSale(
            venue,
            new Sale
            {
                LocationId = venue.LocationId,
                Amount = 4_850,
                At = new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(evening, venue.Zone), TimeSpan.Zero),
                Captured = true,
                Announce = false,
            },
            isGuestKnown: false
        );
        for (var days = 1; days <= Math.Min(ProvedDays, settings.HistoryDays); days++)
            await api.ReconcileAsync(venue, today.AddDays(-days), cancellationToken);
    }

    private async Task GenerateSalesAsync(PosModularApi api, GuestLinker guestLinker, Evening evening, CancellationToken cancellationToken)
    {
        var sales = 0;
        var nextSale = evening.StartedAt;
        var nextReport = evening.StartedAt;
        SchedulePerformances(api, evening, cancellationToken);
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
                SchedulePerformances(api, evening, cancellationToken);
            }

            if (nextReport <= now)
            {
                Log(
                    $"{evening.VenueTimeAt(TimeZoneInfo.Utc, now).ToString("dddd HH:mm", CultureInfo.InvariantCulture)}; {sales} sales, "
                        + $"{guestLinker.LinkedGuests} members recognised; webhooks: {FormatDeliveryCounts()}"
                );
                nextReport = now + TimeSpan.FromSeconds(20);
            }

            if (open && nextSale <= now)
            {
                // The sale gets its scheduled time and not the current one, so that a delayed program catches up without bunching sales.
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

    /// <summary>All random numbers of a sale are drawn here, so that the seed determines the sales whatever the timing.</summary>
    private void AddSale(Evening evening, DateTimeOffset at)
    {
        var which = _guests.NextIndex(DemoVenue.All.Count);
        var venue = DemoVenue.All[which];
        var sale = _guests.NextSale(venue.LocationId, which, DemoVenue.All.Count) with { At = evening.VenueTimeAt(venue.Zone, at) };
        var settled = at + (sale.Cash ? TimeSpan.Zero : InRealTime(_guests.Seconds(120, 360)));
        var (givesUp, tips, isRefunded) = (_guests.Chance(0.04), _guests.Chance(0.12), _guests.Chance(0.05));
        var (tip, part, wait) = (sale.Tip + 50 * _guests.Between(1, 10), _guests.Between(1, 4), InRealTime(_guests.Seconds(300, 1_500)));
        var payment = _pointOfSale.AddSale(venue, sale, isGuestKnown: true);

        if (!sale.Cash && givesUp)
        {
            Later(settled, time => _pointOfSale.Cancel(venue, payment, time));
            return;
        }

        if (!sale.Cash)
            Later(settled, time => _pointOfSale.Capture(venue, payment, time));
        if (!sale.Cash && tips)
            Later(settled + InRealTime(TimeSpan.FromMinutes(2)), time => _pointOfSale.SetTip(venue, payment, tip, time));

        // Half of the refunds are full, half are partial.
        if (isRefunded)
            Later(settled + wait, time => _pointOfSale.Refund(venue, payment, part > 2 ? null : Math.Max(1, sale.Amount * part / 4), time));

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

    private void SchedulePerformances(PosModularApi api, Evening evening, CancellationToken cancellationToken)
    {
        foreach (var venue in DemoVenue.All)
        {
            var from = evening.IsNow ? evening.StartedAt : Evening.OpensAt(evening.Date, venue.Zone) + PerformanceLength;
            string? session = null;
            _scheduled.Enqueue(
                () =>
                    LogFailureAsync(async () =>
                        session = (await api.GetSessionsAsync(venue, cancellationToken)).FirstOrDefault(s => s.StartedAt == from)?.Id
                            ?? await api.StartSessionAsync(venue, from, cancellationToken)
                    ),
                evening.IsNow ? from : evening.RealTimeAfter(PerformanceLength)
            );
            _scheduled.Enqueue(
                () =>
                    session is null
                        ? Task.CompletedTask
                        : LogFailureAsync(() => api.EndSessionAsync(session, from + PerformanceLength, cancellationToken)),
                evening.IsNow ? from + PerformanceLength : evening.RealTimeAfter(2 * PerformanceLength)
            );
        }
    }

    /// <summary>Logs a failure and continues: a host that is briefly unavailable does not end the demo.</summary>
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

    // Whoever looks at the demo should not wait minutes for a capture, a tip or a refund.
    private TimeSpan InRealTime(TimeSpan span) => span / (settings.IsNow ? 10 : settings.Speed);

    private string FormatDeliveryCounts()
    {
        var (square, toasts) = (deliveries.Counts, toast.Deliveries.Counts);
        return $"{square.Delivered + toasts.Delivered} delivered, {square.Pending + toasts.Pending} pending, "
            + $"{square.Dropped + toasts.Dropped} dropped";
    }

    private static void Log(string line) => Console.WriteLine($"[demo] {line}");
}
