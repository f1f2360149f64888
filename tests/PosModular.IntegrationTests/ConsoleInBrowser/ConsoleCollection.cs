namespace PosModular.IntegrationTests.ConsoleInBrowser;

/// <summary>The tests of the console run one after the other with one host, one browser and one venue with data.</summary>
[CollectionDefinition(Name)]
public sealed class ConsoleCollection : ICollectionFixture<ConsoleBrowser>, ICollectionFixture<ConsoleVenue>
{
    public const string Name = "console";
}
