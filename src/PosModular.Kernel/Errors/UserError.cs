namespace PosModular.Kernel.Errors;

/// <summary>An expected error, as data: what went wrong and what to do next.</summary>
/// <param name="Code">Stable; clients decide by it.</param>
/// <param name="Message">For people; says what to do next. May change.</param>
/// <param name="Field">Path into the input, e.g. credentials.locationId.</param>
public sealed record UserError(ErrorCode Code, string Message, string? Field = null)
{
    public static UserError Invalid(string message, string field) => new(ErrorCode.InvalidInput, message, field);
}
