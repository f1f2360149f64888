using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Claims;

/// <summary>A code with which a guest claims a transaction, once. Only the hash of the code is stored.</summary>
internal sealed class ClaimCode
{
    // Crockford's base 32: without the letters that are read as digits, and without U.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Length = 20;
    private const int GroupLength = 5;
    private const int MaxInputLength = 100;

    public required byte[] CodeHash { get; init; }
    public required string VenueId { get; init; }
    public Guid TransactionId { get; init; }

    /// <summary>Whether the claim links the card, or the customer where there is no card.</summary>
    public bool LinkCard { get; init; }
    public bool IncludePast { get; init; }
    public Instant CreatedAt { get; init; }
    public required string CreatedBy { get; init; }
    public Instant ExpiresAt { get; init; }
    public Instant? ClaimedAt { get; init; }
    public string? ClaimedBy { get; init; }

    /// <summary>A random code of 100 bits in groups of five characters, e.g. 7KQ2M-0ZD4T-XW9RB-3HJ6C.</summary>
    public static string Create() =>
        string.Join('-', RandomNumberGenerator.GetItems<char>(Alphabet, Length).Chunk(GroupLength).Select(g => new string(g)));

    /// <summary>The hash of a code as people type it: case, spaces and hyphens do not matter, nor does O for 0, or I and L for 1. A code of
    /// 100 random bits needs no salt.</summary>
    public static byte[] HashOf(string code)
    {
        var normal = string.Concat(
            code.Take(MaxInputLength)
                .Where(char.IsAsciiLetterOrDigit)
                .Select(c =>
                    char.ToUpperInvariant(c) switch
                    {
                        'O' => '0',
                        'I' or 'L' => '1',
                        var other => other,
                    }
                )
        );
        return SHA256.HashData(Encoding.UTF8.GetBytes(normal));
    }

    public static void Map(EntityTypeBuilder<ClaimCode> code)
    {
        code.ToTable("claim_codes").HasKey(c => c.CodeHash);
        code.HasIndex(c => new { c.VenueId, c.TransactionId });
    }
}

/// <summary>When a user has tried to claim something within the last hour.</summary>
internal sealed class ClaimTries
{
    public required string UserId { get; init; }
    public required Instant[] Tries { get; init; }
    public Instant LastTryAt { get; init; }

    public static void Map(EntityTypeBuilder<ClaimTries> tries)
    {
        tries.ToTable("claim_tries").HasKey(t => t.UserId);
        tries.HasIndex(t => t.LastTryAt);
    }
}
