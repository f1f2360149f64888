using Analytics.Reconciliations;
using Analytics.Revenues;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;

namespace Analytics;

internal sealed class AnalyticsDb(DbContextOptions<AnalyticsDb> options) : DbContext(options)
{
    public const string Schema = "analytics";

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.Entity<RevenueBucket>(RevenueBucket.Map);
        modelBuilder.Entity<RevenueRollUp>(RevenueRollUp.Map);
        modelBuilder.Entity<RevenueRebuildRequest>(RevenueRebuildRequest.Map);
        modelBuilder.Entity<ReconciliationRow>(ReconciliationRow.Map);
        modelBuilder.Entity<ReconciledSumsRow>(ReconciledSumsRow.Map);
        modelBuilder.Entity<ReconciliationDifferenceRow>(ReconciliationDifferenceRow.Map);
        modelBuilder.Entity<ReconciliationLease>(ReconciliationLease.Map);
        modelBuilder.AddFeedPositions();
    }
}

/// <summary>Used by <c>dotnet ef migrations</c> only.</summary>
internal sealed class AnalyticsDbDesignTimeFactory : IDesignTimeDbContextFactory<AnalyticsDb>
{
    public AnalyticsDb CreateDbContext(string[] args) => new(ModuleDatabaseRegistration.DesignTimeOptions<AnalyticsDb>(AnalyticsDb.Schema));
}
