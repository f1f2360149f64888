using Integrations.Alerts;
using Integrations.Audit;
using Integrations.Connections;
using Integrations.Credentials;
using Integrations.OutgoingWebhooks;
using Integrations.Venues;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;

namespace Integrations;

internal sealed class IntegrationsDb(DbContextOptions<IntegrationsDb> options) : DbContext(options)
{
    public const string Schema = "integrations";

    public DbSet<Venue> Venues => Set<Venue>();
    public DbSet<PosConnectionRow> Connections => Set<PosConnectionRow>();
    public DbSet<ConnectionError> ConnectionErrors => Set<ConnectionError>();
    public DbSet<ProviderToken> ProviderTokens => Set<ProviderToken>();
    public DbSet<ContactKey> ContactKeys => Set<ContactKey>();
    public DbSet<AuditEntry> AuditLog => Set<AuditEntry>();
    public DbSet<WebhookEndpointRow> WebhookEndpoints => Set<WebhookEndpointRow>();
    public DbSet<AlertRow> Alerts => Set<AlertRow>();
    public DbSet<DeliveryRow> WebhookDeliveries => Set<DeliveryRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.Entity<Venue>(Venue.Map);
        modelBuilder.Entity<PosConnectionRow>(PosConnectionRow.Map);
        modelBuilder.Entity<ConnectionError>(ConnectionError.Map);
        modelBuilder.Entity<ProviderToken>(ProviderToken.Map);
        modelBuilder.Entity<ContactKey>(ContactKey.Map);
        modelBuilder.Entity<AuditEntry>(AuditEntry.Map);
        modelBuilder.Entity<WebhookEndpointRow>(WebhookEndpointRow.Map);
        modelBuilder.Entity<AlertRow>(AlertRow.Map);
        modelBuilder.Entity<DeliveryRow>(DeliveryRow.Map);
        modelBuilder.AddFeedPositions();
    }
}

/// <summary>Creates the context for <c>dotnet ef migrations</c>; the application does not use it.</summary>
internal sealed class IntegrationsDbDesignTimeFactory : IDesignTimeDbContextFactory<IntegrationsDb>
{
    public IntegrationsDb CreateDbContext(string[] args) =>
        new(ModuleDatabaseRegistration.DesignTimeOptions<IntegrationsDb>(IntegrationsDb.Schema));
}
