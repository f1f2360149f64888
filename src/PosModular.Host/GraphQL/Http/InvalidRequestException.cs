namespace PosModular.Host.GraphQL.Http;

/// <summary>
/// A request that is no GraphQL request: refused with this HTTP status and INVALID_INPUT before anything is parsed or run.
/// </summary>
internal sealed class InvalidRequestException(string message, int status = StatusCodes.Status400BadRequest) : Exception(message)
{
    public int Status { get; } = status;
}
