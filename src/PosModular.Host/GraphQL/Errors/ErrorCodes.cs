using GraphQL;

namespace PosModular.Host.GraphQL.Errors;

/// <summary>The codes that the endpoint itself sets in <c>errors[].extensions.code</c>.</summary>
internal static class ErrorCodes
{
    public const string InvalidInput = "INVALID_INPUT";
    public const string Unauthenticated = "UNAUTHENTICATED";
    public const string Unavailable = "UNAVAILABLE";
    public const string Internal = "INTERNAL";
    public const string PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND";

    public static ExecutionError InvalidInputError(string message) => new(message) { Code = InvalidInput };

    public static ExecutionError UnauthenticatedError(string message) => new(message) { Code = Unauthenticated };
}
