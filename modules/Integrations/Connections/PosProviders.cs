using Integrations.Contracts;

namespace Integrations.Connections;

/// <summary>The providers that are built in.</summary>
internal sealed class PosProviders(IEnumerable<IPosProvider> providers)
{
    private readonly Dictionary<Provider, IPosProvider> _providers = providers.ToDictionary(p => p.Provider);

    public IPosProvider Of(Provider provider) => _providers[provider];
}
