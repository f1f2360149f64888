using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using System.Reflection;
using GraphQL;
using GraphQL.Types;
using Microsoft.Extensions.DependencyInjection;

namespace PosModular.Kernel.Schema;

/// <summary>Turns the method of a slice class into a GraphQL field. The instance comes from dependency injection, never from the parent
/// object. The fields are read as those of an interface, because for these the library compiles no resolvers; <see cref="LazyResolvers"/>
/// add them.</summary>
[DoNotRegister]
internal sealed class SliceFields<TSlice> : AutoRegisteringInterfaceGraphType<TSlice>
    where TSlice : class
{
    private static readonly Expression<Func<IResolveFieldContext, TSlice>> Instance = context =>
        context.RequestServices!.GetRequiredService<TSlice>();

    protected override IEnumerable<MemberInfo> GetRegisteredMembers() =>
        typeof(TSlice).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(m => !m.IsSpecialName);

    protected override FieldType? CreateField(MemberInfo memberInfo)
    {
        var field = base.CreateField(memberInfo);
        if (field is null)
            return null;
        var name = memberInfo.Name.EndsWith("Async", StringComparison.Ordinal) ? memberInfo.Name[..^"Async".Length] : memberInfo.Name;
        field.Name = name == "Handle" ? typeof(TSlice).Name : name;
        field.Name = char.ToLowerInvariant(field.Name[0]) + field.Name[1..];
        field.Description = Docstrings.Of(memberInfo);
        LazyResolvers.Assign(field, memberInfo, typeof(TSlice), () => Instance);
        return field;
    }

    protected override void ApplyArgumentAttributes(ParameterInfo parameterInfo, QueryArgument queryArgument)
    {
        base.ApplyArgumentAttributes(parameterInfo, queryArgument);
        queryArgument.Description = Docstrings.Of(parameterInfo) ?? queryArgument.Description;
        queryArgument.Validator += InputText.LengthValidator(
            parameterInfo.ParameterType,
            // A cursor contains the values by which its list is sorted.
            parameterInfo.Name == "after"
                ? InputText.CursorMaxLength
                : parameterInfo.GetCustomAttribute<MaxLengthAttribute>()?.Length
        );
    }
}
