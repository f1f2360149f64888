namespace Integrations.Contracts.Connections;

/// <summary>The provider of a point of sale.</summary>
public enum Provider
{
    /// <summary>Toast (toasttab.com).</summary>
    Toast = 1,

    /// <summary>Square (squareup.com).</summary>
    Square = 2,
}

/// <summary>The provider's environment to which credentials belong.</summary>
public enum PosEnvironment
{
    /// <summary>The live environment with real payments.</summary>
    Production = 1,

    /// <summary>The provider's test environment.</summary>
    Sandbox = 2,
}
