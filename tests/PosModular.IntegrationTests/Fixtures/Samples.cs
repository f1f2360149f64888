namespace PosModular.IntegrationTests.Fixtures;

internal static class Samples
{
    /// <summary>A recorded example of Square's documentation, byte for byte.</summary>
    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Samples", name));
}
