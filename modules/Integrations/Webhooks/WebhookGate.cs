using System.Text;
using Integrations.Connections;
using Integrations.Contracts;

namespace Integrations.Webhooks;

/// <summary>Decides which webhooks are genuine and whose they are.</summary>
/// <remarks>The address in the signature is the one stored with the connection, never the request's own: a proxy changes that.
/// Source: Square docs, Webhooks › Validate notifications.</remarks>
internal sealed class WebhookGate(TillDirectory directory, IEnumerable<IPosProvider> providers, IntegrationsSettings settings) : IWebhookGate
{
    private readonly Dictionary<Provider, IPosProvider> _providers = providers.ToDictionary(p => p.Provider);
    private readonly byte[] _generalUrl = Encoding.UTF8.GetBytes(settings.WebhookUrl(Provider.Square));

    public async ValueTask<Admission> AdmitAsync(WebhookRequest request, CancellationToken ct)
    {
        var (provider, connectionId, signature, _, body) = request;
        if (string.IsNullOrEmpty(signature) || !_providers.TryGetValue(provider, out var port))
            return Admission.Refused;
        var tills = await directory.GetAsync(ct);
        var admission = Admit(port, tills, connectionId, signature, body);
        if (admission is { Genuine: true, IgnoredBecause: null })
            return admission;
        // A till may be newer than what is in memory. For a genuine event that decides whether its sale counts, so it is always looked up; a forged
        // one may make us look once a second.
        var fresh = admission.Genuine && connectionId is null ? await directory.ReadNowAsync(ct) : await directory.LookAgainAsync(tills, ct);
        return fresh == tills ? admission : Admit(port, fresh, connectionId, signature, body);
    }

    public async ValueTask<Admission> ReadAgainAsync(Provider provider, Guid? connectionId, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var (tills, read) = (await directory.ReadNowAsync(ct), _providers[provider].Translate(body));
        var till = connectionId is { } id ? tills.Find(provider, id) : tills.OfLocation(provider, read.LocationId);
        return till is null ? Unrouted(read) : Judge(read, till);
    }

    private Admission Admit(IPosProvider port, Tills tills, Guid? connectionId, string signature, ReadOnlyMemory<byte> body)
    {
        if (connectionId is { } id)
            return tills.Find(port.Provider, id) is not { } till ? Admission.Refused
                : Signed(port, till, till.NotificationUrl, signature, body) ? Judge(port.Translate(body), till)
                : till.Unreadable ? Admission.Undecided : Admission.Refused;

        var read = port.Translate(body);
        if (settings.SquareApplicationKey is { } key && port.IsGenuine(key, _generalUrl, body.Span, signature))
            return tills.OfLocation(port.Provider, read.LocationId) is { } owner ? Judge(read, owner)
                : Unrouted(read);

        // Who may have signed it is read from a body that is not trusted yet: the signature under that till's own key then tells. Several tills may
        // share a key; the sale is the connected one's whose location it names.
        var signers = tills.OfMerchantOrLocation(port.Provider, read.MerchantId, read.LocationId)
            .Where(till => Signed(port, till, _generalUrl, signature, body)).Select(till => Judge(read, till)).ToArray();
        return signers.FirstOrDefault(a => a.IgnoredBecause is null) ?? signers.FirstOrDefault() ?? Admission.Refused;
    }

    private static Admission Unrouted(PosEvent read) => new(true, read, null, read.Unreadable is not null ? null
        : $"No till is connected for location {read.LocationId ?? "(none named)"} of merchant {read.MerchantId ?? "(none named)"}.");

    private static bool Signed(IPosProvider port, TillEntry till, byte[] url, string signature, ReadOnlyMemory<byte> body)
    {
        foreach (var key in till.Keys)
            if (port.IsGenuine(key, url, body.Span, signature))
                return true;
        return false;
    }

    private static Admission Judge(PosEvent read, TillEntry till) => new(true, read, till.Till,
        !till.Connected ? "The till is disconnected."
        : read.Facts is not null && read.LocationId != till.LocationId ? $"It is a sale of location {read.LocationId}; this connection is for {till.LocationId}."
        : null);
}
