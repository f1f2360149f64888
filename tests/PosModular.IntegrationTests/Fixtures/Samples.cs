namespace PosModular.IntegrationTests.Fixtures;

internal static class Samples
{
    /// <summary>Reads a recorded example of a provider's documentation, byte for byte.</summary>
    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Samples", name));
}
