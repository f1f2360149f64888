using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Projects;

/// <summary>Which project may reference which other one (ARCHITECTURE.md).</summary>
public sealed class ProjectReferencesTests
{
    /// <summary>The modules whose notifications a module may handle. A new module follows none until it is entered here.</summary>
    private static readonly Dictionary<string, string[]> FollowedModules = new()
    {
        ["Ingestion"] = ["Integrations"],
        ["Rules"] = ["Ingestion", "Integrations"],
        ["Analytics"] = ["Ingestion", "Integrations", "Rules"],
    };

    private const string Kernel = "PosModular.Kernel";
    private const string Host = "PosModular.Host";
    private const string Simulator = "PosModular.Simulator";

    private static IEnumerable<string> Offences(IEnumerable<Project> projects) =>
        from project in projects
        from reference in project.References
        where !Allowed(project.Name, reference)
        select $"{project.Name} → {reference}";

    private static bool Allowed(string from, string to)
    {
        if (from is Kernel or Simulator)
            return false;
        if (from == Host)
            return to != Simulator;
        var module = from.Replace(".Contracts", "", StringComparison.Ordinal);
        return to == Kernel
            || (from == module && to == module + ".Contracts")
            || FollowedModules.GetValueOrDefault(module, []).Any(other => to == other + ".Contracts");
    }

    [Fact]
    public void Projects_have_only_allowed_references() => Offences(Project.AllOfProduct()).ShouldBeEmpty();

    [Fact]
    public void Compiled_assemblies_use_only_allowed_references()
    {
        var projects = Project.AllOfProduct().Where(p => p.Name != Simulator).ToArray();
        var names = projects.Select(p => p.Name).ToHashSet();

        Offences(projects.Select(p => Project.Of(Repository.AssemblyOf(p.Name), names))).ShouldBeEmpty();
    }

    [Fact]
    public void The_host_references_every_module() =>
        Project.AllOfProduct().Single(p => p.Name == Host).References.ShouldBe([Kernel, .. Repository.Modules], ignoreOrder: true);

    [Fact]
    public void Every_project_is_named_as_its_folder() =>
        Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "modules"), "*.csproj", SearchOption.AllDirectories)
            .ShouldAllBe(f => Path.GetFileNameWithoutExtension(f) == Path.GetFileName(Path.GetDirectoryName(f)));

    [Theory]
    [InlineData("Rules", "Ingestion")]
    [InlineData("Rules", "Analytics.Contracts")]
    [InlineData("Ingestion", "Rules.Contracts")]
    [InlineData("Integrations", "Ingestion.Contracts")]
    [InlineData("Integrations.Contracts", "Integrations")]
    [InlineData("Integrations.Contracts", "Ingestion.Contracts")]
    [InlineData("Loyalty", "Ingestion.Contracts")]
    [InlineData("Analytics", Host)]
    [InlineData("Analytics", Simulator)]
    [InlineData(Kernel, "Integrations.Contracts")]
    [InlineData(Simulator, Kernel)]
    [InlineData(Host, Simulator)]
    public void A_planted_reference_is_found(string from, string to) =>
        Offences([new Project(from, [to], [])]).ShouldBe([$"{from} → {to}"]);
}
