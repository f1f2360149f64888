using GraphQL.Types;

namespace PosModular.Kernel.Schema;

/// <summary>Marks an output type that has an id of its own and can be read again by this id alone, through <see cref="GetNode"/>.</summary>
public interface INode;

/// <summary>Something that has an id of its own. node(id:) reads it again by this id alone, as the Global Object Identification
/// specification defines it.</summary>
internal sealed class NodeType : InterfaceGraphType<INode>
{
    public NodeType()
    {
        Name = "Node";
        Description = Docstrings.Of(typeof(NodeType));
        Field<NonNullGraphType<IdGraphType>>("id").Description("The id by which node(id:) finds it again.");
    }
}
