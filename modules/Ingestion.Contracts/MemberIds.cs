using System.Security.Cryptography;
using System.Text;

namespace Ingestion.Contracts;

/// <summary>The ids of memberships.</summary>
public static class MemberIds
{
    /// <summary>The id of a user's membership at a venue: the first 128 bits of a hash, so that it can be computed wherever venue and user
    /// are known. It does not say who the user is.</summary>
    public static Guid Of(string venueId, string userId) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes(venueId + "/" + userId)).AsSpan(0, 16), bigEndian: true);
}
