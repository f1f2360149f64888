namespace PosModular.Simulator.Sellers;

/// <summary>A Square seller account.</summary>
public sealed record Merchant(string Id, string BusinessName);
