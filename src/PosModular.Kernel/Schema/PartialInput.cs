namespace PosModular.Kernel.Schema;

/// <summary>An input that distinguishes an omitted field, which keeps the current value, from null, which clears it.</summary>
public abstract record PartialInput
{
    internal HashSet<string> ProvidedFields { get; set; } = [];

    /// <summary>Whether the input contains the field, even if its value is null.</summary>
    public bool IsProvided(string field) => ProvidedFields.Contains(field);
}
