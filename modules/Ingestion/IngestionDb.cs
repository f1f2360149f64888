using Ingestion.Claims;
using Ingestion.Identities;
using Ingestion.Members;
using Ingestion.Orders;
using Ingestion.Refunds;
using Ingestion.Syncs;
using Ingestion.Transactions;
using Ingestion.Webhooks;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;

namespace Ingestion;

internal sealed class IngestionDb(DbContextOptions<IngestionDb> options) : DbContext(options)
{
    public const string Schema = "ingestion";

    public DbSet<WebhookEventRow> WebhookEvents => Set<WebhookEventRow>();
    public DbSet<TransactionRow> Transactions => Set<TransactionRow>();
    public DbSet<TransactionVersionRow> TransactionVersions => Set<TransactionVersionRow>();
    public DbSet<TransactionCountRow> TransactionCounts => Set<TransactionCountRow>();
    public DbSet<RefundRow> Refunds => Set<RefundRow>();
    public DbSet<OrderFetchRow> OrderFetches => Set<OrderFetchRow>();
    public DbSet<SyncRunRow> SyncRuns => Set<SyncRunRow>();
    public DbSet<SyncStateRow> SyncStates => Set<SyncStateRow>();
    public DbSet<IdentityLink> IdentityLinks => Set<IdentityLink>();
    public DbSet<ClaimCode> ClaimCodes => Set<ClaimCode>();
    public DbSet<ClaimTries> ClaimTries => Set<ClaimTries>();
    public DbSet<MemberAlias> MemberAliases => Set<MemberAlias>();
    public DbSet<FeedHead> FeedHeads => Set<FeedHead>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.Entity<WebhookEventRow>(WebhookEventRow.Map);
        modelBuilder.Entity<TransactionRow>(TransactionRow.Map);
        modelBuilder.Entity<TransactionVersionRow>(TransactionVersionRow.Map);
        modelBuilder.Entity<TransactionCountRow>(TransactionCountRow.Map);
        modelBuilder.Entity<RefundRow>(RefundRow.Map);
        modelBuilder.Entity<OrderFetchRow>(OrderFetchRow.Map);
        modelBuilder.Entity<IdentityLink>(IdentityLink.Map);
        modelBuilder.Entity<SyncRunRow>(SyncRunRow.Map);
        modelBuilder.Entity<SyncStateRow>(SyncStateRow.Map);
        modelBuilder.Entity<ClaimCode>(ClaimCode.Map);
        modelBuilder.Entity<ClaimTries>(Claims.ClaimTries.Map);
        modelBuilder.Entity<MemberAlias>(MemberAlias.Map);
        modelBuilder.AddFeedHeads();
    }
}

/// <summary>Creates the context for <c>dotnet ef migrations</c>.</summary>
internal sealed class IngestionDbDesignTimeFactory : IDesignTimeDbContextFactory<IngestionDb>
{
    public IngestionDb CreateDbContext(string[] args) => new(ModuleDatabaseRegistration.DesignTimeOptions<IngestionDb>(IngestionDb.Schema));
}
