namespace PosModular.Kernel.Schema;

/// <summary>An input value that cannot be read. The message says why without repeating the value.</summary>
public sealed class InvalidInputValueException(string message) : FormatException(message);
