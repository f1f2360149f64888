using System.Reflection;
using System.Xml.Linq;

namespace PosModular.ArchitectureTests.Projects;

/// <summary>A project with its references to other projects of the product and to packages.</summary>
internal sealed record Project(string Name, IReadOnlyList<string> References, IReadOnlyList<string> Packages)
{
    public bool IsContracts => Name.EndsWith(".Contracts", StringComparison.Ordinal);

    public static Project Load(string path)
    {
        var items = XDocument.Load(path).Descendants().ToArray();
        return new(
            Path.GetFileNameWithoutExtension(path),
            [
                .. Included("ProjectReference")
                    .Where(i => i.EndsWith(".csproj", StringComparison.Ordinal))
                    .Select(i => Path.GetFileNameWithoutExtension(i.Replace('\\', '/'))),
            ],
            [.. Included("PackageReference")]
        );

        IEnumerable<string> Included(string kind) =>
            items.Where(e => e.Name.LocalName == kind).Select(e => (string?)e.Attribute("Include")).OfType<string>();
    }

    /// <summary>The references that the compiled assembly really uses, whatever its project file says.</summary>
    public static Project Of(Assembly assembly, IReadOnlyCollection<string> product) =>
        new(assembly.GetName().Name!, [.. assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(product.Contains)], []);

    public static IReadOnlyList<Project> AllOfProduct() =>
        [
            .. new[] { "modules", "src" }
                .SelectMany(folder =>
                    Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories)
                )
                .Order(StringComparer.Ordinal)
                .Select(Load),
        ];
}
