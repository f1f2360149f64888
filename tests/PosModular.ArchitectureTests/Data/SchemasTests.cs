using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Data;

/// <summary>Each module has its own schema, with its own migrations and history table in it, and no foreign key to another.</summary>
public sealed class SchemasTests
{
    private static IEnumerable<string> Offences(string schema, DbContext db)
    {
        var model = db.GetService<IDesignTimeModel>().Model;
        if (model.GetDefaultSchema() != schema)
            yield return $"The default schema is {model.GetDefaultSchema() ?? "none"}, not {schema}.";
        foreach (var entity in model.GetEntityTypes().Where(e => (e.GetSchema() ?? e.GetViewSchema()) != schema))
            yield return $"{entity.DisplayName()} is in schema {entity.GetSchema() ?? "none"}.";
        foreach (
            var key in model
                .GetEntityTypes()
                .SelectMany(e => e.GetForeignKeys())
                .Where(k => k.PrincipalEntityType.GetSchema() != k.DeclaringEntityType.GetSchema())
        )
            yield return $"{key.DeclaringEntityType.DisplayName()} has a foreign key to {key.PrincipalEntityType.DisplayName()}.";
        var options = RelationalOptionsExtension.Extract(db.GetService<IDbContextOptions>());
        if (options.MigrationsHistoryTableSchema != schema)
            yield return $"The migrations' history is in schema {options.MigrationsHistoryTableSchema ?? "none"}.";
        if (db.Database.HasPendingModelChanges())
            yield return "The model has changes without a migration: dotnet ef migrations add …";
    }

    internal static IReadOnlyList<DbContext> Contexts(string module) =>
        [
            .. from type in Repository.AssemblyOf(module).GetTypes()
            where type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IDesignTimeDbContextFactory<>))
            select (DbContext)type.GetMethod("CreateDbContext")!.Invoke(Activator.CreateInstance(type), [Array.Empty<string>()])!,
        ];

    [Fact]
    public void A_module_keeps_to_its_schema_and_its_migrations_are_complete()
    {
        foreach (var module in Repository.Modules)
        {
            using var db = Contexts(module).ShouldHaveSingleItem(module + " has one context and its design-time factory");
            db.GetType().Name.ShouldBe(module + "Db");
            Offences(module.ToLowerInvariant(), db).ShouldBeEmpty(module);
        }
    }

    [Fact]
    public void No_module_has_a_second_context() =>
        Repository.TypesOfModules.Count(t => t.IsSubclassOf(typeof(DbContext))).ShouldBe(Repository.Modules.Count);

    [Fact]
    public void Planted_offences_are_found()
    {
        using var db = new PlantedDb(new DbContextOptionsBuilder<PlantedDb>().UseNpgsql("Host=nowhere").Options);

        Offences("rules", db)
            .ShouldBe([
                "The default schema is analytics, not rules.",
                "Sum is in schema analytics.",
                "Venue is in schema integrations.",
                "Sum has a foreign key to Venue.",
                "The migrations' history is in schema none.",
                "The model has changes without a migration: dotnet ef migrations add …",
            ]);
    }

    private sealed class PlantedDb(DbContextOptions<PlantedDb> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.HasDefaultSchema("analytics");
            modelBuilder.Entity<Venue>().ToTable("venues", "integrations");
            modelBuilder.Entity<Sum>().HasOne<Venue>().WithMany().HasForeignKey(s => s.VenueId);
        }
    }

    private sealed class Venue
    {
        public int Id { get; init; }
    }

    private sealed class Sum
    {
        public int Id { get; init; }
        public int VenueId { get; init; }
    }
}
