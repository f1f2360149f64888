using System.Diagnostics;
using System.Net;
using System.Text;
using Integrations.Contracts;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using PosModular.IntegrationTests.House;

namespace PosModular.IntegrationTests.Webhooks;

/// <summary>Toast's door: its header, its size, its two seconds. What stands behind it is Square's.</summary>
public sealed class ToastPathTests(TestPostgres postgres)
{
    private static readonly Guid Connection = Guid.Parse("0193a000-0000-7000-8000-00000000000a");

    /// <summary>Reads a body "event-id payment:total …" that is signed "genuine".</summary>
    private sealed class Gate : IWebhookGate
    {
        public ValueTask<Admission> AdmitAsync(WebhookRequest request, CancellationToken ct) => request is { Provider: Provider.Toast, Signature: "genuine" }
            ? ReadAgainAsync(request.Provider, request.ConnectionId, request.Body, ct) : ValueTask.FromResult(Admission.Refused);

        public ValueTask<Admission> ReadAgainAsync(Provider provider, Guid? connectionId, ReadOnlyMemory<byte> body, CancellationToken ct)
        {
            var words = Encoding.UTF8.GetString(body.Span).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var at = Instant.FromUtc(2026, 11, 20, 20, 0);
            var payments = words.Skip(1).Select(w => w.Split(':')).Select(w => new PosPayment(w[0], "order", "L", PaymentState.Captured, at, at, "USD", long.Parse(w[1], null), 0, 0, PaymentMethod.Card, null)
            {
                Breakdown = new PosBreakdown(8, 2, 1),
            }).ToArray();
            return ValueTask.FromResult(new Admission(true, new PosEvent(words[0], "order_updated", null, "L", new PosFacts { Payments = payments }, null), new Till(connectionId!.Value, Bar.VenueId, Provider.Toast, "L")));
        }
    }

    private Task<Bar> OpenAsync() => OpenAsync(postgres);

    private static async Task<Bar> OpenAsync(TestPostgres postgres)
    {
        var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.AddHostAsync(services => services.AddSingleton<IWebhookGate, Gate>());
        return bar;
    }

    private static async Task<HttpStatusCode> PostAsync(Bar bar, string body, string? signature = "genuine")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/pos/webhooks/toast/{Connection}") { Content = new StringContent(body) };
        request.Headers.TryAddWithoutValidation("Toast-Signature", signature);
        using var answer = await bar.Hosts[1].Http.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    [Fact]
    public async Task An_event_with_several_payments_is_one_commit_complete_at_once_and_fetches_nothing()
    {
        await using var bar = await OpenAsync();

        (await PostAsync(bar, "e1 a:1000 b:500")).ShouldBe(HttpStatusCode.OK);
        (await PostAsync(bar, "e1 a:1000 b:500")).ShouldBe(HttpStatusCode.OK);

        (await bar.SqlAsync<string>("select string_agg(concat_ws(' ', external_id, provider, total_minor, tax_minor, breakdown_complete), ', ' order by external_id) from ingestion.transactions")).ShouldBe("a 1 1000 8 t, b 1 500 8 t");
        (await bar.SqlAsync<long>("select count(*) from ingestion.order_fetches")).ShouldBe(0);
        (await bar.SqlAsync<long>("select count(*) from ingestion.webhook_events")).ShouldBe(1);
    }

    [Fact]
    public async Task It_takes_two_megabytes_and_no_wrong_signature()
    {
        await using var bar = await OpenAsync();

        (await PostAsync(bar, "e1 a:1", signature: "forged")).ShouldBe(HttpStatusCode.Forbidden);
        (await PostAsync(bar, "e1 a:1" + new string(' ', 1_500_000))).ShouldBe(HttpStatusCode.OK);
        (await PostAsync(bar, "e2 a:1" + new string(' ', 2 * 1024 * 1024))).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await bar.PostAsync(Encoding.UTF8.GetBytes(new string(' ', 1_500_000)))).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Who_waits_two_seconds_gets_503_in_time_and_its_second_sending_is_counted_once()
    {
        await using var bar = await OpenAsync();
        await bar.SqlAsync<object?>("""
            create function ingestion.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(3); return new; end $$;
            create trigger slow before insert on ingestion.webhook_events for each row execute function ingestion.slow();
            select null::text
            """);
        await PostAsync(bar, "warm", signature: "forged");
        var began = Stopwatch.GetTimestamp();

        (await PostAsync(bar, "e1 a:1000")).ShouldBe(HttpStatusCode.ServiceUnavailable);

        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(2.5));
        await bar.SqlAsync<object?>("drop trigger slow on ingestion.webhook_events; select null::text");
        (await PostAsync(bar, "e1 a:1000")).ShouldBe(HttpStatusCode.OK);
        (await bar.SqlAsync<string>("select count(*) || ' ' || (select count(*) from ingestion.transaction_versions) from ingestion.webhook_events")).ShouldBe("1 1");
    }
}
