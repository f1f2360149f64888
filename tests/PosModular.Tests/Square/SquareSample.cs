namespace PosModular.Tests.Square;

/// <summary>Square's documentation examples and signature vectors, which lie beside the test program.</summary>
internal static class SquareSample
{
    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Square", "Samples", name));
}
