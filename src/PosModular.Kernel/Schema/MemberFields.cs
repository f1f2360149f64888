using System.Linq.Expressions;
using System.Reflection;
using GraphQL;
using GraphQL.Types;

namespace PosModular.Kernel.Schema;

/// <summary>The fields of a CLR type's properties and methods. They are read as those of an interface, because for these the library
/// compiles no resolvers; <see cref="LazyResolvers"/> add them.</summary>
[DoNotRegister]
internal sealed class MemberFields<T> : AutoRegisteringInterfaceGraphType<T>
{
    private static readonly Expression<Func<IResolveFieldContext, T>> Source = context => (T)context.Source!;

    // Static members are factories, not fields. The library itself leaves out methods that return nothing, such as Deconstruct.
    protected override IEnumerable<MemberInfo> GetRegisteredMembers() =>
        base.GetRegisteredMembers().Where(m => m is PropertyInfo { GetMethod.IsStatic: false } or MethodInfo { IsStatic: false });

    protected override FieldType? CreateField(MemberInfo memberInfo)
    {
        if (base.CreateField(memberInfo) is not { } field)
            return null;
        field.Description = Docstrings.Of(memberInfo);
        if (memberInfo is PropertyInfo { DeclaringType.IsValueType: false } property && !IsAwaitable(property.PropertyType))
            LazyResolvers.AssignProperty(field, property);
        else
            LazyResolvers.Assign(field, memberInfo, typeof(T), () => Source);
        return field;
    }

    private static bool IsAwaitable(Type type) => type.GetMethod(nameof(Task.GetAwaiter)) is not null;
}
