using GraphQL;

namespace PosModular.Kernel.Errors;

/// <summary>An error of the request itself. It appears in GraphQL's <c>errors</c> with <c>extensions.code</c>; whatever else a resolver
/// throws is masked as INTERNAL at the edge.</summary>
#pragma warning disable CA1032, CA1710 // made by its three factories only; the name is the one the GraphQL spec uses
public sealed class ApiError : ExecutionError
{
    private ApiError(string code, string message)
        : base(message) => Code = code;

    public static ApiError Unauthenticated(string message) => new("UNAUTHENTICATED", message);

    public static ApiError Forbidden(string message) => new("FORBIDDEN", message);

    public static ApiError InvalidInput(string message) => new("INVALID_INPUT", message);
}
