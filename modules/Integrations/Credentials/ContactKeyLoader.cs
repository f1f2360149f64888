using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.Credentials;

/// <summary>Loads the key for e-mail addresses and phone numbers before the host serves anything. The first host creates it. Where no key
/// can be decrypted another one is created: guests are then no longer recognised by what was linked under the first, until its encryption
/// key is back.</summary>
internal sealed partial class ContactKeyLoader(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IntegrationsSettings settings,
    ContactHasher hasher,
    IClock clock,
    ILogger<ContactKeyLoader> log
) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Two hosts that start together must not create two keys.
        await db.Database.ExecuteSqlRawAsync("lock table integrations.contact_keys in exclusive mode", cancellationToken);
        var rows = await db.ContactKeys.OrderBy(k => k.CreatedAt).ThenBy(k => k.Id).ToListAsync(cancellationToken);
        var key = rows.Select(Decrypt).FirstOrDefault(k => k is not null);
        if (key is null)
        {
            if (rows.Count > 0)
                LogUnreadable(log);
            var now = clock.Now();
            var id = now.NewId();
            key = RandomNumberGenerator.GetBytes(ContactHasher.KeySize);
            db.ContactKeys.Add(
                new ContactKey
                {
                    Id = id,
                    EncryptedKey = settings.SecretCipher.Encrypt(Convert.ToHexStringLower(key), SecretPurpose.ContactKey(id)),
                    CreatedAt = now,
                }
            );
            await db.SaveChangesAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        hasher.UseKey(key);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private byte[]? Decrypt(ContactKey row) =>
        settings.SecretCipher.Decrypt(row.EncryptedKey, SecretPurpose.ContactKey(row.Id)) is { } hex ? Convert.FromHexString(hex) : null;

    [LoggerMessage(
        LogLevel.Error,
        "The key for e-mail addresses and phone numbers cannot be decrypted with any key in POS_ENCRYPTION_KEY and "
            + "POS_ENCRYPTION_KEYS_OLD, so a new one is used. Guests who are recognised by their e-mail address or phone number must be "
            + "linked again, unless you add the key that encrypted it and start again"
    )]
    private static partial void LogUnreadable(ILogger log);
}
