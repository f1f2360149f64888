using PosModular.Simulator.Faults;

namespace PosModular.Simulator.Control;

/// <summary>
/// <list type="bullet">
/// <item><c>POST /_sim/faults</c> <see cref="Fault"/>: adds one, e.g.
/// <c>{"path":"/v2/payments","status":429,"headers":{"Retry-After":"1"},"times":2}</c>; on Toast's paths the error has Toast's body.</item>
/// <item><c>GET /_sim/faults</c>: the active ones, with the number of calls they matched.</item>
/// <item><c>DELETE /_sim/faults/{id}</c> and <c>DELETE /_sim/faults</c>: remove one or all.</item>
/// </list>
/// </summary>
internal static class FaultEndpoints
{
    public static void MapFaults(this IEndpointRouteBuilder control)
    {
        control.MapPost("faults", (Fault fault, FaultRegistry faults) => faults.Add(fault));
        control.MapGet("faults", (FaultRegistry faults) => faults.Active);
        control.MapDelete("faults", (FaultRegistry faults) => faults.Clear());
        control.MapDelete("faults/{id:int}", (int id, FaultRegistry faults) => faults.Remove(id) ? Results.Ok() : Results.NotFound());
    }
}
