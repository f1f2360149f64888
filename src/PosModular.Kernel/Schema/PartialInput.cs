namespace PosModular.Kernel.Schema;

/// <summary>An input in which a field left out differs from one that is null: left out stays, null clears.</summary>
public abstract record PartialInput
{
    internal HashSet<string> ProvidedFields { get; set; } = [];

    /// <summary>Whether the field was given, be it null.</summary>
    public bool IsProvided(string field) => ProvidedFields.Contains(field);
}
