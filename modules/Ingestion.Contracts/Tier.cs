namespace Ingestion.Contracts;

/// <summary>How much a guest has earned; GUEST is the lowest tier and WHALE the highest.</summary>
public enum Tier : short
{
    /// <summary>A guest who is known and has earned nothing yet.</summary>
    Guest = 0,

    /// <summary>A guest who comes back.</summary>
    Regular = 1,

    /// <summary>A guest who spends a lot.</summary>
    Platinum = 2,

    /// <summary>The highest tier.</summary>
    Whale = 3,
}
