namespace PosModular.Simulator.Sellers;

/// <summary>Merchants, their locations and the tokens that may read them. Safe for many callers at once.</summary>
public sealed class SellerBook(TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Merchant> merchants = [];
    private readonly List<Location> locations = [];
    private readonly Dictionary<string, AccessToken> tokens = [];

    /// <summary>Adds a merchant, a location and a token, or what is missing of them.</summary>
    public Till AddTill(TillOrder? order = null)
    {
        order ??= new TillOrder();
        lock (gate)
        {
            var location = locations.Find(l => l.Id == order.LocationId);
            var merchantId = order.MerchantId ?? location?.MerchantId ?? SquareId.Place();
            if (location is not null && location.MerchantId != merchantId)
                throw new InvalidOperationException($"Location {location.Id} belongs to merchant {location.MerchantId}.");
            if (!merchants.TryGetValue(merchantId, out var merchant))
                merchants[merchantId] = merchant = new Merchant(merchantId, order.Name);
            if (location is null)
            {
                location = new Location(order.LocationId ?? SquareId.Place(), merchantId, order.Name, order.TimeZone, order.Currency, order.Country, clock.GetUtcNow());
                locations.Add(location);
            }

            var token = new AccessToken(order.AccessToken ?? SquareId.AccessToken(), merchantId, order.ApplicationId ?? ApplicationOf(merchantId) ?? SquareId.Application())
            {
                OAuth = order.OAuth,
                Scopes = order.Scopes ?? AccessToken.UsualScopes,
                ExpiresAt = order.ExpiresAt,
            };
            tokens[token.Value] = token;
            return new Till(merchant, location, token);
        }
    }

    /// <summary>Adds a token or replaces the one of that value.</summary>
    public void AddToken(AccessToken token)
    {
        lock (gate)
        {
            if (!merchants.ContainsKey(token.MerchantId)) throw new KeyNotFoundException($"No merchant {token.MerchantId}.");
            tokens[token.Value] = token;
        }
    }

    /// <summary>From now on the token gets 401 ACCESS_TOKEN_REVOKED, and its application no more events of the merchant by it.</summary>
    public void RevokeToken(string value)
    {
        lock (gate)
            tokens[value] = tokens.TryGetValue(value, out var token) ? token with { Revoked = true } : throw new KeyNotFoundException("No such token.");
    }

    /// <summary>All locations, the oldest first.</summary>
    public IReadOnlyList<Location> Locations
    {
        get { lock (gate) return [.. locations]; }
    }

    /// <summary>Null when there is none.</summary>
    public Location? FindLocation(string id)
    {
        lock (gate) return locations.Find(l => l.Id == id);
    }

    internal IReadOnlyList<Location> LocationsOf(string merchantId)
    {
        lock (gate) return locations.FindAll(l => l.MerchantId == merchantId);
    }

    /// <summary>A merchant's location by its id or by the word <c>main</c>; null when it is another's.</summary>
    internal Location? FindLocation(string merchantId, string id)
    {
        lock (gate) return locations.Find(l => l.MerchantId == merchantId && (id == "main" || l.Id == id));
    }

    internal Merchant MerchantOf(string id)
    {
        lock (gate) return merchants[id];
    }

    internal AccessToken? FindToken(string value)
    {
        lock (gate) return tokens.GetValueOrDefault(value);
    }

    /// <summary>The applications that may hear of a merchant's sales: those that hold a token of it with PAYMENTS_READ.</summary>
    internal IReadOnlySet<string> ListenersOf(string merchantId)
    {
        var now = clock.GetUtcNow();
        lock (gate)
            return tokens.Values.Where(t => t.MerchantId == merchantId && t.IsAliveAt(now) && t.Allows("PAYMENTS_READ")).Select(t => t.ApplicationId).ToHashSet();
    }

    private string? ApplicationOf(string merchantId) => tokens.Values.FirstOrDefault(t => t.MerchantId == merchantId)?.ApplicationId;
}
