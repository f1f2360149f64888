using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Integrations.Contracts.Connections;

namespace Ingestion.Cards;

/// <summary>The opaque token of a card at a merchant: 128 bits of a hash over provider, merchant and the provider's fingerprint.</summary>
/// <remarks>A fingerprint is unique only within one seller or application (Square API reference, Card.fingerprint), so the merchant is part
/// of the hash.</remarks>
internal static class CardToken
{
    public static string? Of(PosConnectionDetails connection, PosCard? card) =>
        card?.Fingerprint is { } fingerprint
            ? Base64Url.EncodeToString(
                SHA256.HashData(Encoding.UTF8.GetBytes($"{connection.Provider}\n{connection.MerchantId}\n{fingerprint}")).AsSpan(0, 16)
            )
            : null;
}
