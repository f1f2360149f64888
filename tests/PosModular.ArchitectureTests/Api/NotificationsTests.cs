using System.Reflection;
using MediatR;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Api;

/// <summary>What modules tell each other has names that other modules, and rows in the database, depend on: they equal a committed file.</summary>
public sealed class NotificationsTests
{
    private const string CommittedPath = "tests/PosModular.ArchitectureTests/Api/notifications.txt";

    /// <summary>The notifications and all types of the product they carry: properties with their types, enums with their numbers.</summary>
    private static string Describe(IEnumerable<Type> types)
    {
        var notifications = types.Where(t => t.IsAssignableTo(typeof(INotification)) && !t.IsInterface).ToArray();
        var own = notifications.Select(n => n.Assembly).Concat(Repository.ContractAssemblies).ToHashSet();
        var (seen, waiting) = (new HashSet<Type>(notifications), new Queue<Type>(notifications));
        while (waiting.TryDequeue(out var type))
            foreach (
                var part in Properties(type).SelectMany(p => Parts(p.PropertyType)).Where(t => own.Contains(t.Assembly) && seen.Add(t))
            )
                waiting.Enqueue(part);
        return string.Join('\n', seen.OrderBy(t => t.FullName, StringComparer.Ordinal).Select(DescribeType)) + "\n";
    }

    // In the order of their declaration, which is that of the constructor. Computed ones are no part of what is told.
    private static PropertyInfo[] Properties(Type type) =>
        type.IsEnum ? [] : [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite)];

    private static IEnumerable<Type> Parts(Type type) =>
        type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts)
        : type.IsArray ? Parts(type.GetElementType()!)
        : [type];

    private static string DescribeType(Type type) =>
        type.IsEnum
            ? $"{type.FullName}: {string.Join(", ", Enum.GetNames(type).Select(n => $"{n} = {Convert.ToInt64(Enum.Parse(type, n), null)}"))}"
            : $"{type.FullName}\n{string.Join('\n', Properties(type).Select(p => $"  {p.Name}: {TypeName(new NullabilityInfoContext().Create(p))}"))}";

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
                $"Others depend on these names. If the change is meant and its readers are changed too, change {CommittedPath}."
            );

    [Fact]
    public void Notifications_are_declared_in_Contracts_only() =>
        Repository.TypesOfModules.Where(t => t.IsAssignableTo(typeof(INotification))).ShouldBeEmpty("Nobody else could hear of it.");

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
