using Integrations.Contracts.Webhooks;
using PosModular.Kernel.Errors;

namespace Integrations.OutgoingWebhooks;

/// <summary>Checks the input of the mutations that create and change endpoints.</summary>
internal static class EndpointInputValidator
{
    /// <returns>What is wrong with the types; null when nothing is.</returns>
    public static UserError? CheckTypes(IReadOnlyList<string> types) =>
        types.Count > 0 && types.All(VenueEventTypes.All.Contains)
            ? null
            : UserError.Invalid($"types must name at least one of: {string.Join(", ", VenueEventTypes.All)}.", "types");
}
