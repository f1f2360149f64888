namespace PosModular.IntegrationTests.House;

internal static class Samples
{
    /// <summary>A recorded example of Square's documentation, byte for byte.</summary>
    public static byte[] Square(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Samples", name));
}
