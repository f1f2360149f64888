using System.Text;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Webhooks;
using Integrations.Providers;

namespace Integrations.Webhooks;

/// <summary>Decides which webhooks are genuine and to which connection they belong.</summary>
/// <remarks>Signatures are verified over the URL that is stored with the connection, never over the request's own URL, which a proxy
/// changes. Source: Square docs, Webhooks › Validate notifications.</remarks>
internal sealed class WebhookVerifier(
    PosConnectionDirectory directory,
    PosProviderRegistry providers,
    WebhookStatistics statistics,
    SignatureDiagnostics diagnostics,
    WebhookTester tester,
    OAuthRevocations revocations,
    IntegrationsSettings settings,
    TimeProvider time
) : IWebhookVerifier
{
    // Square waits 10 s for a response and Toast 2 s. A key rotation takes one call to the provider.
    private static readonly TimeSpan MaxKeyWait = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan MaxKeyWaitForToast = TimeSpan.FromSeconds(1);

    private readonly byte[] _generalUrl = Encoding.UTF8.GetBytes(settings.WebhookUrl(Provider.Square));

    public async ValueTask<bool> CanBeGenuineAsync(
        Provider provider,
        Guid? connectionId,
        string? signature,
        CancellationToken cancellationToken
    )
    {
        var connections = await directory.GetAsync(cancellationToken);
        if (string.IsNullOrEmpty(signature))
        {
            if (connectionId is { } known && connections.Find(provider, known) is not null)
                statistics.RecordRejected(known, SignatureDiagnostics.MissingSignature);
            return false;
        }

        // The connection may be newer than the snapshot in memory.
        return connectionId is not { } id
            || connections.Find(provider, id) is not null
            || (await directory.ReadThrottledAsync(cancellationToken)).Find(provider, id) is not null;
    }

    public async ValueTask<WebhookVerification> VerifyAsync(WebhookRequest request, CancellationToken cancellationToken)
    {
        var provider = providers.Get(request.Provider);
        var connections = await directory.GetAsync(cancellationToken);
        var verification = string.IsNullOrEmpty(request.Signature) ? WebhookVerification.Rejected : Verify(provider, connections, request);
        if (verification is { IsGenuine: true, IgnoredReason: null })
            return await AcceptAsync(provider, connections, verification, cancellationToken);
        if (!string.IsNullOrEmpty(request.Signature))
        {
            // The connection, its key or its URL may be newer than the snapshot in memory. For a genuine event this reading decides
            // whether the event counts.
            connections = verification.IsGenuine
                ? await directory.ReadLatestAsync(cancellationToken)
                : await directory.ReadThrottledAsync(cancellationToken);
            verification = Verify(provider, connections, request);
            if (verification == WebhookVerification.Undecided)
                (connections, verification) = await WaitForKeyAsync(provider, request, connections, cancellationToken);
        }
        if (verification.IsGenuine)
            return await AcceptAsync(provider, connections, verification, cancellationToken);
        if (
            verification != WebhookVerification.Undecided
            && request.ConnectionId is { } id
            && connections.Find(request.Provider, id) is { } connection
        )
            statistics.RecordRejected(id, diagnostics.Diagnose(provider, connections, connection, request));
        return verification;
    }

    public async ValueTask<WebhookVerification> TranslateAgainAsync(
        Provider provider,
        Guid? connectionId,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    )
    {
        var (connections, posProvider) = (await directory.ReadLatestAsync(cancellationToken), providers.Get(provider));
        var posEvent = posProvider.Translate(body, null);
        var connection = connectionId is { } id
            ? connections.Find(provider, id)
            : connections.FindByLocation(provider, posEvent.LocationId);
        return connection is null ? WithoutConnection(posEvent) : Genuine(ReadFor(posProvider, posEvent, body, connection), connection);
    }

    private async ValueTask<WebhookVerification> AcceptAsync(
        IPosProvider provider,
        PosConnectionSnapshot connections,
        WebhookVerification verification,
        CancellationToken cancellationToken
    )
    {
        verification = await tester.ClassifyAsync(provider, connections, verification, cancellationToken);
        if (verification.Connection is { } connection)
            statistics.RecordAccepted(connection.ConnectionId);
        if (verification.Event is { Type: "oauth.authorization.revoked", MerchantId: { } merchantId })
            revocations.Enqueue(merchantId);
        return verification;
    }

    private async Task<(PosConnectionSnapshot, WebhookVerification)> WaitForKeyAsync(
        IPosProvider provider,
        WebhookRequest request,
        PosConnectionSnapshot connections,
        CancellationToken cancellationToken
    )
    {
        var (startedAt, maxWait) = (time.GetTimestamp(), request.Provider == Provider.Toast ? MaxKeyWaitForToast : MaxKeyWait);
        var verification = WebhookVerification.Undecided;
        while (
            verification == WebhookVerification.Undecided
            && request.ConnectionId is { } id
            && connections.Find(request.Provider, id) is { IsRotatingKey: true }
            && time.GetElapsedTime(startedAt) < maxWait
        )
        {
            connections = await directory.ReadThrottledAsync(cancellationToken);
            verification = Verify(provider, connections, request);
        }
        return (connections, verification);
    }

    private WebhookVerification Verify(IPosProvider provider, PosConnectionSnapshot connections, WebhookRequest request)
    {
        var (body, signature) = (request.Body, request.Signature!);
        if (request.ConnectionId is { } id)
            return connections.Find(provider.Provider, id) is not { } connection ? WebhookVerification.Rejected
                : connection.Urls.Any(url => IsSignedBy(provider, connection, url, signature, body))
                    ? Genuine(provider.Translate(body, connection.Currency), connection)
                : connection.HasUnreadableKey || connection.IsRotatingKey ? WebhookVerification.Undecided
                : WebhookVerification.Rejected;

        var posEvent = provider.Translate(body, null);
        if (
            provider.Provider == Provider.Square
            && settings.SquareApplicationSignatureKey is { } key
            && provider.IsSignatureValid(key, _generalUrl, body.Span, signature)
        )
            return connections.FindByLocation(provider.Provider, posEvent.LocationId) is { } owner
                ? Genuine(ReadFor(provider, posEvent, body, owner), owner)
                : WithoutConnection(posEvent);

        // The possible signer is read from a body that is not trusted yet; the signature under that connection's own key is the proof.
        // Several connections can share a key; the event belongs to the connected one whose location it names.
        var signers = connections
            .FindByMerchantOrLocation(provider.Provider, posEvent.MerchantId, posEvent.LocationId)
            .Where(connection => IsSignedBy(provider, connection, _generalUrl, signature, body))
            .Select(connection => Genuine(ReadFor(provider, posEvent, body, connection), connection))
            .ToArray();
        return signers.FirstOrDefault(a => a.IgnoredReason is null) ?? signers.FirstOrDefault() ?? WebhookVerification.Rejected;
    }

    // An event that was translated without its connection may lack amounts, because the currency was unknown.
    private static PosEvent ReadFor(IPosProvider provider, PosEvent posEvent, ReadOnlyMemory<byte> body, PosConnectionEntry connection) =>
        posEvent is { Observations: null, UnreadableReason: not null } ? provider.Translate(body, connection.Currency) : posEvent;

    private static WebhookVerification WithoutConnection(PosEvent posEvent) =>
        new(
            true,
            posEvent,
            null,
            posEvent.UnreadableReason is not null
                ? null
                : $"No connection exists for location {posEvent.LocationId ?? "(none named)"} of merchant "
                    + $"{posEvent.MerchantId ?? "(none named)"}."
        );

    private static bool IsSignedBy(
        IPosProvider provider,
        PosConnectionEntry connection,
        byte[] url,
        string signature,
        ReadOnlyMemory<byte> body
    )
    {
        foreach (var key in connection.Keys)
            if (provider.IsSignatureValid(key, url, body.Span, signature))
                return true;
        return false;
    }

    private static WebhookVerification Genuine(PosEvent posEvent, PosConnectionEntry connection) =>
        new(
            true,
            posEvent,
            connection.Details,
            !connection.IsConnected ? "The location is disconnected."
                : posEvent.Observations is not null && posEvent.LocationId != connection.LocationId
                    ? $"The event belongs to location {posEvent.LocationId}, but this connection is for location "
                        + $"{connection.LocationId}."
                : null
        );
}
