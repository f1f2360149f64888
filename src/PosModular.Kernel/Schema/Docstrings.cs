using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PosModular.Kernel.Schema;

/// <summary>The XML documentation of an assembly, which supplies the descriptions of the GraphQL schema.</summary>
internal static partial class Docstrings
{
    private static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, XElement>> MembersByAssembly = new();

    public static string? Of(Type type) => PlainText(MemberElement(type, "T:" + DocumentationName(type))?.Element("summary"));

    public static string? Of(MemberInfo member)
    {
        var owner = member.DeclaringType!;
        if (member is MethodInfo)
            return PlainText(MethodElement(member)?.Element("summary")) ?? Of(owner);
        var kind = member is PropertyInfo ? "P:" : "F:";
        return PlainText(MemberElement(owner, kind + DocumentationName(owner) + "." + member.Name)?.Element("summary"))
            ?? RecordParameterText(owner, member.Name);
    }

    public static string? Of(ParameterInfo parameter) =>
        PlainText(MethodElement(parameter.Member)?.Elements("param").FirstOrDefault(p => (string?)p.Attribute("name") == parameter.Name));

    // A property of a positional record is documented by the record's <param>.
    private static string? RecordParameterText(Type owner, string name) =>
        PlainText(
            MemberElement(owner, "T:" + DocumentationName(owner))
                ?.Elements("param")
                .FirstOrDefault(p => (string?)p.Attribute("name") == name)
        );

    // A slice has one method of each name, so the parameter list that follows the name need not match.
    private static XElement? MethodElement(MemberInfo method)
    {
        var prefix = "M:" + DocumentationName(method.DeclaringType!) + "." + method.Name;
        return MembersOf(method.DeclaringType!.Assembly)
            .FirstOrDefault(d => d.Key == prefix || d.Key.StartsWith(prefix + "(", StringComparison.Ordinal))
            .Value;
    }

    private static XElement? MemberElement(Type type, string name) => MembersOf(type.Assembly).GetValueOrDefault(name);

    private static string DocumentationName(Type type) =>
        (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static IReadOnlyDictionary<string, XElement> MembersOf(Assembly assembly) => MembersByAssembly.GetOrAdd(assembly, static a =>
        {
            var path = Path.Combine(AppContext.BaseDirectory, a.GetName().Name + ".xml");
            return System.IO.File.Exists(path)
                ? XDocument.Load(path).Descendants("member").ToDictionary(m => (string)m.Attribute("name")!)
                : new Dictionary<string, XElement>();
        });

    private static string? PlainText(XElement? element)
    {
        if (element is null)
            return null;
        element = new XElement(element); // The cached document must not be modified.
        foreach (var see in element.Descendants().Where(e => e.Name == "see" || e.Name == "paramref").ToArray())
            see.ReplaceWith(((string?)see.Attribute("cref") ?? (string?)see.Attribute("name") ?? "").Split('.')[^1]);
        return Whitespace().Replace(element.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
