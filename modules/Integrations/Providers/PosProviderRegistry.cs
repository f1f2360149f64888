using Integrations.Contracts.Connections;

namespace Integrations.Providers;

/// <summary>The supported providers.</summary>
internal sealed class PosProviderRegistry(IEnumerable<IPosProvider> providers)
{
    private readonly Dictionary<Provider, IPosProvider> _providers = providers.ToDictionary(p => p.Provider);

    public IPosProvider Get(Provider provider) => _providers[provider];
}
