using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Projects;

/// <summary>Modules reference no package of tests or of the host, and Contracts reference none at all.</summary>
public sealed partial class PackagesTests
{
    [GeneratedRegex(
        @"^(xunit|Shouldly|CsCheck|Microsoft\.NET\.Test|Testcontainers|Respawn|TngTech|BenchmarkDotNet|Microsoft\.Playwright|NSubstitute|"
            + @"Moq|FakeItEasy)|\.Testing$"
    )]
    private static partial Regex TestPackage();

    [GeneratedRegex(
        @"^(OpenTelemetry|Npgsql\.OpenTelemetry|Microsoft\.AspNetCore\.|GraphQL\.SystemTextJson|Microsoft\.EntityFrameworkCore\.Design$)"
    )]
    private static partial Regex HostPackage();

    private static IEnumerable<string> Offences(IEnumerable<Project> projects) =>
        from project in projects
        from package in project.Packages
        where project.IsContracts || TestPackage().IsMatch(package) || (project.Name != "PosModular.Host" && HostPackage().IsMatch(package))
        select $"{project.Name}: {package}";

    [Fact]
    public void Modules_and_kernel_reference_neither_test_nor_host_packages() => Offences(Project.AllOfProduct()).ShouldBeEmpty();

    [Theory]
    [InlineData("Rules", "xunit.v3")]
    [InlineData("Rules", "NodaTime.Testing")]
    [InlineData("PosModular.Host", "Shouldly")]
    [InlineData("PosModular.Kernel", "OpenTelemetry.Extensions.Hosting")]
    [InlineData("Ingestion", "Microsoft.AspNetCore.Authentication.JwtBearer")]
    [InlineData("Ingestion.Contracts", "NodaTime")]
    public void A_planted_package_is_found(string project, string package) =>
        Offences([new Project(project, [], [package])]).ShouldBe([$"{project}: {package}"]);
}
