using PosModular.Kernel.Amounts;
using PosModular.Kernel.Feed;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Projects;

/// <summary>A module exports only its module class, XModule, and the host exports nothing.</summary>
public sealed class ExportedTypesTests
{
    private static IEnumerable<string> Offences(string module, IEnumerable<Type> exported)
    {
        var names = exported.Select(t => t.FullName!).ToArray();
        var moduleClass = $"{module}.{module}Module";
        return names
            .Where(t => t != moduleClass)
            .Select(t => $"{module} exports {t}")
            .Concat(names.Contains(moduleClass) ? [] : [$"{module} has no public {moduleClass}"]);
    }

    [Fact]
    public void A_module_exports_its_module_class_only() =>
        Repository.Modules.SelectMany(m => Offences(m, Repository.AssemblyOf(m).GetExportedTypes())).ShouldBeEmpty();

    // ASP.NET Core's generator makes the program's own class public.
    [Fact]
    public void The_host_exports_nothing() =>
        Repository.AssemblyOf("PosModular.Host").GetExportedTypes().Select(t => t.FullName).Where(t => t != "Program").ShouldBeEmpty();

    [Fact]
    public void The_known_modules_are_found() =>
        new[] { "Analytics", "Ingestion", "Integrations", "Rules" }.ShouldBeSubsetOf(Repository.Modules);

    [Fact]
    public void A_planted_public_type_and_a_missing_module_class_are_found() =>
        Offences("Rules", [typeof(Money), typeof(FeedSignal)])
            .ShouldBe([
                "Rules exports PosModular.Kernel.Amounts.Money",
                "Rules exports PosModular.Kernel.Feed.FeedSignal",
                "Rules has no public Rules.RulesModule",
            ]);
}
