namespace PosModular.Tests.Square;

/// <summary>Files beside the test program: Square's documentation examples and signature vectors.</summary>
internal static class SquareSample
{
    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Square", "Samples", name));
}
