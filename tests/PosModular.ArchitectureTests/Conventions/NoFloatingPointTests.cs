using System.Reflection;
using PosModular.ArchitectureTests.Data;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Conventions;

/// <summary>No contract and no table has a floating-point number: amounts are whole minor units.</summary>
public sealed class NoFloatingPointTests
{
    private static IEnumerable<string> Offences(IEnumerable<Type> types) =>
        from type in types
        from property in type.GetProperties(
            BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly
        )
        where Parts(property.PropertyType).Any(t => t == typeof(double) || t == typeof(float) || t == typeof(Half))
        select $"{type.Name}.{property.Name}";

    private static IEnumerable<Type> Parts(Type type) =>
        type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts)
        : type.IsArray ? Parts(type.GetElementType()!)
        : [type];

    [Fact]
    public void Contracts_and_tables_have_no_floating_point()
    {
        var entities = Repository
            .Modules.SelectMany(SchemasTests.Contexts)
            .SelectMany(db => db.Model.GetEntityTypes())
            .Select(e => e.ClrType);

        Offences(Repository.ContractAssemblies.SelectMany(a => a.GetTypes()).Concat(entities)).ShouldBeEmpty();
    }

    [Fact]
    public void Planted_floating_points_are_found() =>
        Offences([typeof(Planted)]).ShouldBe(["Planted.Price", "Planted.Rate", "Planted.Many"], ignoreOrder: true);

    private sealed class Planted
    {
        public double Price { get; init; }
        internal float? Rate { get; init; }
        public IReadOnlyList<double> Many { get; init; } = [];
        public long AmountMinor { get; init; }
        public decimal Threshold { get; init; }
    }
}
