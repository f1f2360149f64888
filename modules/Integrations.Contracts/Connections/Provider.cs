namespace Integrations.Contracts.Connections;

/// <summary>Whose till it is.</summary>
public enum Provider
{
    /// <summary>Toast.</summary>
    Toast = 1,

    /// <summary>Square.</summary>
    Square = 2,
}

/// <summary>Which of the provider's worlds a connection lives in.</summary>
public enum PosEnvironment
{
    /// <summary>Real sales.</summary>
    Production = 1,

    /// <summary>The provider's test world.</summary>
    Sandbox = 2,
}
