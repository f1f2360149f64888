namespace PosModular.Host.GraphQL.Http;

/// <summary>
/// The HTTP request is not a GraphQL request. It is refused with this status and INVALID_INPUT before anything is parsed or run.
/// </summary>
internal sealed class InvalidRequestException(string message, int status = StatusCodes.Status400BadRequest) : Exception(message)
{
    public int Status { get; } = status;
}
