using System.ComponentModel.DataAnnotations;
using System.Reflection;
using GraphQL.Types;
using NodaTime;

namespace PosModular.Kernel.Schema;

/// <summary>An object type derived from a CLR type, plus the fields that slices of any module add to it.</summary>
internal sealed class OutputType<T> : ObjectGraphType<T>
{
    public OutputType(SchemaSlices slices)
    {
        var members = new MemberFields<T>();
        Name = members.Name;
        Description = Docstrings.Of(typeof(T));
        foreach (var field in members.Fields)
            AddField(field);
        if (typeof(T).IsAssignableTo(typeof(INode)))
            Interface<NodeType>();
        foreach (var slice in slices.SlicesOf(Name))
            MergedSchema.AddFields(this, slice);
    }
}

/// <summary>An input type derived from a CLR record.</summary>
internal sealed class InputType<T> : AutoRegisteringInputObjectGraphType<T>
{
    public InputType() => Description = Docstrings.Of(typeof(T));

    public override object ParseDictionary(IDictionary<string, object?> value)
    {
        var read = base.ParseDictionary(value);
        if (read is PartialInput partial)
            partial.ProvidedFields = value.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return read;
    }

    protected override IEnumerable<MemberInfo> GetRegisteredMembers() =>
        base.GetRegisteredMembers().Where(m => m.DeclaringType != typeof(PartialInput));

    protected override FieldType? CreateField(MemberInfo memberInfo)
    {
        var field = base.CreateField(memberInfo);
        field?.Description = Docstrings.Of(memberInfo);
        if (memberInfo is PropertyInfo property)
            field?.Validator += InputText.LengthValidator(
                property.PropertyType,
                memberInfo.GetCustomAttribute<MaxLengthAttribute>()?.Length
            );
        return field;
    }
}

/// <summary>An enum type; its values are named in CONSTANT_CASE.</summary>
internal sealed class EnumType<T> : EnumerationGraphType<T>
    where T : Enum
{
    public EnumType()
    {
        Description = Docstrings.Of(typeof(T));
        foreach (var value in Values)
            value.Description = Docstrings.Of(typeof(T).GetField(value.Value!.ToString()!)!);
    }
}

/// <summary>Maps CLR types to GraphQL types.</summary>
internal sealed class ClrTypeMapping : IGraphTypeMappingProvider
{
    private static readonly Dictionary<Type, Type> Scalars = new()
    {
        [typeof(Guid)] = typeof(IdGraphType), // IdScalar replaces it by its name
        [typeof(long)] = typeof(LongScalar),
        [typeof(decimal)] = typeof(DecimalScalar),
        [typeof(Instant)] = typeof(DateTimeScalar),
        [typeof(LocalDate)] = typeof(LocalDateScalar),
        [typeof(LocalTime)] = typeof(LocalTimeScalar),
    };

    public Type? GetGraphTypeFromClrType(Type clrType, bool isInputType, Type? preferredGraphType)
    {
        if (Scalars.TryGetValue(clrType, out var scalar))
            return scalar;
        if (clrType == typeof(INode))
            return typeof(NodeType);
        if (clrType.Assembly == typeof(object).Assembly || (preferredGraphType is not null && !IsAutoRegistering(preferredGraphType)))
            return preferredGraphType;
        if (clrType.IsEnum)
            return typeof(EnumType<>).MakeGenericType(clrType);
        return (isInputType ? typeof(InputType<>) : typeof(OutputType<>)).MakeGenericType(clrType);
    }

    private static bool IsAutoRegistering(Type type) =>
        type.IsGenericType
        && type.GetGenericTypeDefinition() is var open
        && (
            open == typeof(AutoRegisteringObjectGraphType<>)
            || open == typeof(AutoRegisteringInputObjectGraphType<>)
            || open == typeof(EnumerationGraphType<>)
        );
}
