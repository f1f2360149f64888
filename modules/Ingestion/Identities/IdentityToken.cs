using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Integrations.Contracts.Connections;

namespace Ingestion.Identities;

/// <summary>The opaque tokens of customers, e-mail addresses and phone numbers: 128 bits of a hash. A customer id is unique within its
/// provider and merchant. The token of an address or number is made from its keyed hash and the venue, so that it cannot be found out, and
/// one person has another token at each venue.</summary>
internal static class IdentityToken
{
    public static string? OfCustomer(PosConnectionDetails connection, string? customerId) =>
        customerId is null ? null : Hash($"customer\n{connection.Provider}\n{connection.MerchantId}\n{customerId}");

    public static string? OfEmail(string venueId, string? emailHash) => emailHash is null ? null : Hash($"email\n{venueId}\n{emailHash}");

    public static string? OfPhone(string venueId, string? phoneHash) => phoneHash is null ? null : Hash($"phone\n{venueId}\n{phoneHash}");

    private static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
