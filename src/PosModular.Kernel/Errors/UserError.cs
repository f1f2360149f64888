namespace PosModular.Kernel.Errors;

/// <summary>An expected error, returned as data: what went wrong and what to do next.</summary>
/// <param name="Code">Stable code for programs to decide by.</param>
/// <param name="Message">Text for people that says what to do next. Its wording may change.</param>
/// <param name="Field">Path of the input field that is wrong, e.g. credentials.locationId; null when no single field is.</param>
public sealed record UserError(ErrorCode Code, string Message, string? Field = null)
{
    public static UserError Invalid(string message, string field) => new(ErrorCode.InvalidInput, message, field);
}
