using System.Text;
using Integrations.Connections;
using Integrations.Contracts;

namespace Integrations.Webhooks;

/// <summary>Decides which webhooks are genuine and whose they are.</summary>
/// <remarks>The address in the signature is the one stored with the connection, never the request's own: a proxy changes that.
/// Source: Square docs, Webhooks › Validate notifications.</remarks>
internal sealed class WebhookGate(
    TillDirectory directory,
    PosProviders providers,
    WebhookNotes notes,
    SignatureDoctor doctor,
    WebhookTests tests,
    Revocations revocations,
    IntegrationsSettings settings,
    TimeProvider time
) : IWebhookGate
{
    // Square waits 10 s for an answer, Toast 2 s. A key change takes one call to the provider.
    private static readonly TimeSpan RotationPatience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan RotationPatienceOfToast = TimeSpan.FromSeconds(1);

    private readonly byte[] _generalUrl = Encoding.UTF8.GetBytes(settings.WebhookUrl(Provider.Square));

    public async ValueTask<Admission> AdmitAsync(WebhookRequest request, CancellationToken cancellationToken)
    {
        var port = providers.Of(request.Provider);
        var tills = await directory.GetAsync(cancellationToken);
        var admission = string.IsNullOrEmpty(request.Signature) ? Admission.Refused : Admit(port, tills, request);
        if (admission is { Genuine: true, IgnoredBecause: null })
            return await LetAsync(port, tills, admission, cancellationToken);
        if (!string.IsNullOrEmpty(request.Signature))
        {
            // A till, its key or its address may be newer than what is in memory. For a genuine event that decides whether its sale counts.
            tills = admission.Genuine ? await directory.ReadNowAsync(cancellationToken) : await directory.LookAgainAsync(cancellationToken);
            admission = Admit(port, tills, request);
            if (admission == Admission.Undecided)
                (tills, admission) = await WaitForKeyAsync(port, request, tills, cancellationToken);
        }
        if (admission.Genuine)
            return await LetAsync(port, tills, admission, cancellationToken);
        if (admission != Admission.Undecided && request.ConnectionId is { } id && tills.Find(request.Provider, id) is { } till)
            notes.Refused(id, doctor.Examine(port, tills, till, request));
        return admission;
    }

    public async ValueTask<Admission> ReadAgainAsync(
        Provider provider,
        Guid? connectionId,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    )
    {
        var (tills, port) = (await directory.ReadNowAsync(cancellationToken), providers.Of(provider));
        var read = port.Translate(body, null);
        var till = connectionId is { } id ? tills.Find(provider, id) : tills.OfLocation(provider, read.LocationId);
        return till is null ? Unrouted(read) : Judge(Read(port, read, body, till), till);
    }

    private async ValueTask<Admission> LetAsync(IPosProvider port, Tills tills, Admission admission, CancellationToken cancellationToken)
    {
        admission = await tests.SortOutAsync(port, tills, admission, cancellationToken);
        if (admission.Till is { } till)
            notes.Heard(till.ConnectionId);
        if (admission.Event is { Type: "oauth.authorization.revoked", MerchantId: { } merchant })
            revocations.Note(merchant);
        return admission;
    }

    private async Task<(Tills, Admission)> WaitForKeyAsync(
        IPosProvider port,
        WebhookRequest request,
        Tills tills,
        CancellationToken cancellationToken
    )
    {
        var (began, patience) = (time.GetTimestamp(), request.Provider == Provider.Toast ? RotationPatienceOfToast : RotationPatience);
        var admission = Admission.Undecided;
        while (
            admission == Admission.Undecided
            && request.ConnectionId is { } id
            && tills.Find(request.Provider, id) is { Rotating: true }
            && time.GetElapsedTime(began) < patience
        )
        {
            tills = await directory.LookAgainAsync(cancellationToken);
            admission = Admit(port, tills, request);
        }
        return (tills, admission);
    }

    private Admission Admit(IPosProvider port, Tills tills, WebhookRequest request)
    {
        var (body, signature) = (request.Body, request.Signature!);
        if (request.ConnectionId is { } id)
            return tills.Find(port.Provider, id) is not { } till ? Admission.Refused
                : till.Urls.Any(url => Signed(port, till, url, signature, body)) ? Judge(port.Translate(body, till.Currency), till)
                : till.Unreadable || till.Rotating ? Admission.Undecided
                : Admission.Refused;

        var read = port.Translate(body, null);
        if (
            port.Provider == Provider.Square
            && settings.SquareApplicationKey is { } key
            && port.IsGenuine(key, _generalUrl, body.Span, signature)
        )
            return tills.OfLocation(port.Provider, read.LocationId) is { } owner
                ? Judge(Read(port, read, body, owner), owner)
                : Unrouted(read);

        // Who may have signed it is read from a body that is not trusted yet: the signature under that till's own key then tells. Several tills may
        // share a key; the sale is the connected one's whose location it names.
        var signers = tills
            .OfMerchantOrLocation(port.Provider, read.MerchantId, read.LocationId)
            .Where(till => Signed(port, till, _generalUrl, signature, body))
            .Select(till => Judge(Read(port, read, body, till), till))
            .ToArray();
        return signers.FirstOrDefault(a => a.IgnoredBecause is null) ?? signers.FirstOrDefault() ?? Admission.Refused;
    }

    // What was read without knowing whose it is may lack the amounts, for want of a currency.
    private static PosEvent Read(IPosProvider port, PosEvent read, ReadOnlyMemory<byte> body, TillEntry till) =>
        read is { Facts: null, Unreadable: not null } ? port.Translate(body, till.Currency) : read;

    private static Admission Unrouted(PosEvent read) =>
        new(
            true,
            read,
            null,
            read.Unreadable is not null
                ? null
                : $"No till is connected for location {read.LocationId ?? "(none named)"} of merchant {read.MerchantId ?? "(none named)"}."
        );

    private static bool Signed(IPosProvider port, TillEntry till, byte[] url, string signature, ReadOnlyMemory<byte> body)
    {
        foreach (var key in till.Keys)
            if (port.IsGenuine(key, url, body.Span, signature))
                return true;
        return false;
    }

    private static Admission Judge(PosEvent read, TillEntry till) =>
        new(
            true,
            read,
            till.Till,
            !till.Connected ? "The till is disconnected."
                : read.Facts is not null && read.LocationId != till.LocationId
                    ? $"It is a sale of location {read.LocationId}; this connection is for {till.LocationId}."
                : null
        );
}
