using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using Rules.Explanations;
using Rules.LiveSessions;
using Rules.Members;
using Rules.Reevaluations;
using Rules.Spend;
using Rules.SpendRules;
using Rules.Unlocks;

namespace Rules;

internal sealed class RulesDb(DbContextOptions<RulesDb> options) : DbContext(options)
{
    public const string Schema = "rules";

    public DbSet<LifetimeSpend> LifetimeSpend => Set<LifetimeSpend>();
    public DbSet<SpendRule> SpendRules => Set<SpendRule>();
    public DbSet<UnlockRow> Unlocks => Set<UnlockRow>();
    public DbSet<MemberRow> Members => Set<MemberRow>();
    public DbSet<TierChangeRow> TierHistory => Set<TierChangeRow>();
    public DbSet<EvaluationRow> Evaluations => Set<EvaluationRow>();
    public DbSet<ReevaluationRow> Reevaluations => Set<ReevaluationRow>();
    public DbSet<LiveSession> LiveSessions => Set<LiveSession>();
    public DbSet<FeedHead> FeedHeads => Set<FeedHead>();
    public DbSet<FeedPosition> FeedPositions => Set<FeedPosition>();
    public DbSet<FeedDeadLetter> FeedDeadLetters => Set<FeedDeadLetter>();

    /// <summary>Saves a change together with its entry in the audit log: both are one commit or none.</summary>
    public async Task SaveAuditedAsync(
        IAuditLog auditLog,
        Caller caller,
        string venueId,
        string action,
        string subject,
        string detail,
        CancellationToken cancellationToken
    )
    {
        await using var transaction = await Database.BeginTransactionAsync(cancellationToken);
        await SaveChangesAsync(cancellationToken);
        await auditLog.RecordAsync(
            (NpgsqlConnection)Database.GetDbConnection(),
            caller,
            venueId,
            action,
            subject,
            detail,
            cancellationToken
        );
        await transaction.CommitAsync(cancellationToken);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.Entity<LifetimeSpend>(Spend.LifetimeSpend.Map);
        modelBuilder.Entity<SpendRule>(SpendRule.Map);
        modelBuilder.Entity<UnlockRow>(UnlockRow.Map);
        modelBuilder.Entity<MemberRow>(MemberRow.Map);
        modelBuilder.Entity<TierChangeRow>(TierChangeRow.Map);
        modelBuilder.Entity<EvaluationRow>(EvaluationRow.Map);
        modelBuilder.Entity<ReevaluationRow>(ReevaluationRow.Map);
        modelBuilder.Entity<LiveSession>(LiveSession.Map);
        modelBuilder.AddFeedPositions();
        modelBuilder.AddFeedHeads();
    }
}

/// <summary>Used by <c>dotnet ef migrations</c> only.</summary>
internal sealed class RulesDbDesignTimeFactory : IDesignTimeDbContextFactory<RulesDb>
{
    public RulesDb CreateDbContext(string[] args) => new(ModuleDatabaseRegistration.DesignTimeOptions<RulesDb>(RulesDb.Schema));
}
