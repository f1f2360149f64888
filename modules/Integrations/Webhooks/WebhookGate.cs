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

    public async ValueTask<Admission> AdmitAsync(Provider provider, Guid? connectionId, string? signature, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(signature) || !_providers.TryGetValue(provider, out var port))
            return Admission.Refused;
        var tills = await directory.GetAsync(ct);
        var admission = Admit(port, tills, connectionId, signature, body);
        // The connection or its key may be newer than what is in memory.
        if (!admission.Genuine && await directory.LookAgainAsync(tills, ct) is var fresh && fresh != tills)
            admission = Admit(port, fresh, connectionId, signature, body);
        return admission;
    }

    private Admission Admit(IPosProvider port, Tills tills, Guid? connectionId, string signature, ReadOnlyMemory<byte> body)
    {
        if (connectionId is { } id)
            return tills.Find(port.Provider, id) is { } till && Signed(port, till, till.NotificationUrl, signature, body)
                ? Judge(port.Translate(body), till) : Admission.Refused;

        if (settings.SquareApplicationKey is { } key && port.IsGenuine(key, _generalUrl, body.Span, signature))
        {
            var read = port.Translate(body);
            return tills.OfLocation(port.Provider, read.LocationId) is { } owner
                ? Judge(read, owner)
                : new Admission(true, read, null, $"No till is connected for location {read.LocationId ?? "(none named)"} of merchant {read.MerchantId ?? "(none named)"}.");
        }
        // Who may have signed it is read from a body that is not trusted yet: the signature under that till's own key then tells.
        var claimed = port.Translate(body);
        foreach (var till in tills.OfMerchantOrLocation(port.Provider, claimed.MerchantId, claimed.LocationId))
            if (Signed(port, till, _generalUrl, signature, body))
                return Judge(claimed, till);
        return Admission.Refused;
    }

    private static bool Signed(IPosProvider port, TillEntry till, byte[] url, string signature, ReadOnlyMemory<byte> body)
    {
        foreach (var key in till.Keys)
            if (port.IsGenuine(key, url, body.Span, signature))
                return true;
        return false;
    }

    private static Admission Judge(PosEvent read, TillEntry till) => new(true, read, till.Till,
        !till.Connected ? "The till is disconnected."
        : read.Payment is { } payment && payment.LocationId != till.LocationId ? $"It is a sale of location {payment.LocationId}; this connection is for {till.LocationId}."
        : null);
}
