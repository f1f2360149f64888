using GraphQL;
using GraphQL.Types;

namespace PosModular.Kernel.Schema;

/// <summary>The parameter is the object the field stands on, by a type or interface that its owner shows in its Contracts.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ParentAttribute : GraphQLAttribute
{
    public override void Modify(ArgumentInformation argumentInformation) =>
        argumentInformation.SetDelegateWithCast(context => context.Source);
}
