namespace PosModular.IntegrationTests.Fixtures;

/// <summary>Tests of how soon something comes run after the others, one class at a time: a busy machine is not what they are about.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NonParallelTests
{
    public const string Name = "alone";
}
