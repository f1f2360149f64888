using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using Rules.Spend;

namespace Rules;

internal sealed class RulesDb(DbContextOptions<RulesDb> options) : DbContext(options)
{
    public const string Schema = "rules";

    public DbSet<PatronSpend> PatronSpend => Set<PatronSpend>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.Entity<PatronSpend>(Spend.PatronSpend.Map);
        modelBuilder.ReadsFeed();
    }
}

/// <summary>For <c>dotnet ef migrations</c> only.</summary>
internal sealed class RulesDbDesign : IDesignTimeDbContextFactory<RulesDb>
{
    public RulesDb CreateDbContext(string[] args) => new(ModuleDatabaseRegistration.DesignOptions<RulesDb>(RulesDb.Schema));
}
