using System.Reflection;
using MediatR;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Api;

/// <summary>Other modules and stored rows depend on the names and types of notifications, so these equal a committed file.</summary>
public sealed class NotificationsTests
{
    private const string CommittedPath = "tests/PosModular.ArchitectureTests/Api/notifications.txt";

    /// <summary>The notifications and all product types within them: properties with their types, enums with their numbers.</summary>
    private static string Describe(IEnumerable<Type> types)
    {
        var notifications = types.Where(t => t.IsAssignableTo(typeof(INotification)) && !t.IsInterface).ToArray();
        var assemblies = notifications.Select(n => n.Assembly).Concat(Repository.ContractAssemblies).ToHashSet();
        var (seen, pending) = (new HashSet<Type>(notifications), new Queue<Type>(notifications));
        while (pending.TryDequeue(out var type))
            foreach (
                var part in Properties(type)
                    .SelectMany(p => Parts(p.PropertyType))
                    .Where(t => assemblies.Contains(t.Assembly) && seen.Add(t))
            )
                pending.Enqueue(part);
        return string.Join('\n', seen.OrderBy(t => t.FullName, StringComparer.Ordinal).Select(DescribeType)) + "\n";
    }

    // In the order of their declaration, which is that of the constructor. Computed properties are not part of a notification.
    private static PropertyInfo[] Properties(Type type) =>
        type.IsEnum ? [] : [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite)];

    private static IEnumerable<Type> Parts(Type type) =>
        type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts)
        : type.IsArray ? Parts(type.GetElementType()!)
        : [type];

    private static string DescribeType(Type type) =>
        type.IsEnum
            ? $"{type.FullName}: {string.Join(", ", Enum.GetNames(type).Select(n => $"{n} = {NumberOf(type, n)}"))}"
            : $"{type.FullName}\n{string.Join('\n', Properties(type).Select(p => $"  {p.Name}: {TypeName(p)}"))}";

    private static long NumberOf(Type type, string name) => Convert.ToInt64(Enum.Parse(type, name), null);

    private static string TypeName(PropertyInfo property) => TypeName(new NullabilityInfoContext().Create(property));

    private static string TypeName(NullabilityInfo info)
    {
        if (Nullable.GetUnderlyingType(info.Type) is { } value)
            return value.Name + "?";
        var name = info.Type.IsGenericType
            ? $"{info.Type.Name.Split('`')[0]}<{string.Join(", ", info.GenericTypeArguments.Select(TypeName))}>"
            : info.Type.Name;
        return !info.Type.IsValueType && info.ReadState == NullabilityState.Nullable ? name + "?" : name;
    }

    [Fact]
    public void Notifications_equal_the_committed_file() =>
        LineDiff
            .Between(Repository.Read(CommittedPath), Describe(Repository.ContractAssemblies.SelectMany(a => a.GetTypes())))
            .ShouldBeEmpty(
                $"Other modules depend on these names. If the change is intended and its readers are changed too, update {CommittedPath}."
            );

    [Fact]
    public void Notifications_are_declared_in_Contracts_only() =>
        Repository
            .TypesOfModules.Where(t => t.IsAssignableTo(typeof(INotification)))
            .ShouldBeEmpty("No other module could handle it. Move it to the Contracts project of its module.");

    [Fact]
    public void A_changed_name_type_or_number_is_found() =>
        Describe([typeof(Planted), typeof(string)])
            .ShouldBe(
                """
                PosModular.ArchitectureTests.Api.NotificationsTests+Planted
                  Parts: IReadOnlyList<Part>
                  At: Int64?
                  Who: String?
                PosModular.ArchitectureTests.Api.NotificationsTests+Part
                  Kind: Kind
                PosModular.ArchitectureTests.Api.NotificationsTests+Kind: One = 1, Three = 3
                """.Split("PosModular").Skip(1).OrderBy(t => t.Split('\n', ':')[0], StringComparer.Ordinal).Aggregate("", (all, t) =>
                    all + "PosModular" + t.TrimEnd() + "\n"
                )
            );

    private sealed record Planted(IReadOnlyList<Part> Parts, long? At, string? Who) : INotification
    {
        public int Count => Parts.Count;
    }

    private sealed record Part(Kind Kind);

    private enum Kind
    {
        One = 1,
        Three = 3,
    }
}
