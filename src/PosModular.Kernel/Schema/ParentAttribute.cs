using GraphQL;
using GraphQL.Types;

namespace PosModular.Kernel.Schema;

/// <summary>Marks the parameter that receives the object to which the field belongs, as a type or interface of its owner's
/// Contracts.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ParentAttribute : GraphQLAttribute
{
    public override void Modify(ArgumentInformation argumentInformation) =>
        argumentInformation.SetDelegateWithCast(context => context.Source);
}
