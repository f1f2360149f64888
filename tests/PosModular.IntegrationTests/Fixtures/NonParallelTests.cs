namespace PosModular.IntegrationTests.Fixtures;

/// <summary>
/// Tests that measure time run after all others, one class at a time, so that a busy machine does not make them fail.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NonParallelTests
{
    public const string Name = "non-parallel";
}
