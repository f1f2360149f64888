namespace PosModular.Simulator.Sellers;

/// <summary>Merchants, their locations and the access tokens for them. Thread-safe.</summary>
public sealed class SellerStore(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Merchant> _merchants = [];
    private readonly List<Location> _locations = [];
    private readonly Dictionary<string, AccessToken> _tokens = [];

    /// <summary>Adds a token and, where they do not exist yet, its merchant and location.</summary>
    public Seller AddSeller(SellerDraft? draft = null)
    {
        draft ??= new SellerDraft();
        lock (_gate)
        {
            var location = _locations.Find(l => l.Id == draft.LocationId);
            var merchantId = draft.MerchantId ?? location?.MerchantId ?? SquareId.MerchantOrLocation();
            if (location is not null && location.MerchantId != merchantId)
                throw new InvalidOperationException($"Location {location.Id} belongs to merchant {location.MerchantId}.");
            if (!_merchants.TryGetValue(merchantId, out var merchant))
                _merchants[merchantId] = merchant = new Merchant(merchantId, draft.Name);
            if (location is null)
            {
                location = new Location(
                    draft.LocationId ?? SquareId.MerchantOrLocation(),
                    merchantId,
                    draft.Name,
                    draft.TimeZone,
                    draft.Currency,
                    draft.Country,
                    clock.GetUtcNow()
                );
                _locations.Add(location);
            }

            var token = new AccessToken(
                draft.AccessToken ?? SquareId.AccessToken(),
                merchantId,
                draft.ApplicationId ?? FindApplication(merchantId) ?? SquareId.Application()
            )
            {
                OAuth = draft.OAuth,
                Scopes = draft.Scopes ?? AccessToken.DefaultScopes,
                ExpiresAt = draft.ExpiresAt,
                RefreshToken = draft.OAuth ? draft.RefreshToken ?? SquareId.RefreshToken() : null,
                ApplicationSecret = draft.OAuth && !draft.Pkce ? draft.ApplicationSecret ?? SquareId.ApplicationSecret() : null,
                Pkce = draft.Pkce,
            };
            _tokens[token.Value] = token;
            return new Seller(merchant, location, token);
        }
    }

    /// <summary>Adds a token or replaces the one with the same value.</summary>
    public void AddToken(AccessToken token)
    {
        lock (_gate)
        {
            if (!_merchants.ContainsKey(token.MerchantId))
                throw new KeyNotFoundException($"No merchant {token.MerchantId}.");
            _tokens[token.Value] = token;
        }
    }

    /// <summary>Replaces a location, e.g. with another name or time zone.</summary>
    public void Put(Location location)
    {
        lock (_gate)
        {
            var index = _locations.FindIndex(l => l.Id == location.Id);
            if (index < 0)
                throw new KeyNotFoundException($"No location {location.Id}.");
            _locations[index] = location;
        }
    }

    /// <summary>Replaces a merchant, e.g. with another business name.</summary>
    public void Put(Merchant merchant)
    {
        lock (_gate)
            _merchants[merchant.Id] = _merchants.ContainsKey(merchant.Id)
                ? merchant
                : throw new KeyNotFoundException($"No merchant {merchant.Id}.");
    }

    /// <summary>
    /// Revokes a token: it gets 401 ACCESS_TOKEN_REVOKED and no longer entitles its application to the merchant's events. Revoking an
    /// OAuth token revokes the whole consent with all its tokens and sends oauth.authorization.revoked.
    /// </summary>
    public void RevokeToken(string value)
    {
        AccessToken revoked;
        lock (_gate)
        {
            revoked = _tokens.TryGetValue(value, out var token) ? token : throw new KeyNotFoundException("No such token.");
            foreach (
                var one in _tokens
                    .Values.Where(t =>
                        t.Value == value
                        || (revoked.OAuth && t.OAuth && t.ApplicationId == revoked.ApplicationId && t.MerchantId == revoked.MerchantId)
                    )
                    .ToList()
            )
                _tokens[one.Value] = one with { Revoked = true };
        }

        if (revoked.OAuth)
            ConsentRevoked?.Invoke(revoked);
    }

    /// <summary>Raised after a merchant's consent was revoked.</summary>
    internal event Action<AccessToken>? ConsentRevoked;

    /// <summary>
    /// Exchanges a refresh token for a new access token that is valid for 30 days; the old one stays valid until its own expiry. Null
    /// when the refresh token, the application or its secret is wrong, or the consent was revoked. With PKCE the refresh token is
    /// replaced, too.
    /// </summary>
    internal AccessToken? RefreshAccessToken(string refreshToken, string applicationId, string? applicationSecret)
    {
        lock (_gate)
        {
            var old = _tokens.Values.LastOrDefault(t => t.OAuth && t.RefreshToken == refreshToken && !t.Revoked);
            if (old is null || old.ApplicationId != applicationId || (!old.Pkce && old.ApplicationSecret != applicationSecret))
                return null;
            var renewed = old with
            {
                Value = SquareId.AccessToken(),
                ExpiresAt = clock.GetUtcNow().AddDays(30),
                RefreshToken = old.Pkce ? SquareId.RefreshToken() : old.RefreshToken,
            };
            if (old.Pkce)
                _tokens[old.Value] = old with { RefreshToken = null };
            _tokens[renewed.Value] = renewed;
            return renewed;
        }
    }

    /// <summary>All locations, oldest first.</summary>
    public IReadOnlyList<Location> Locations
    {
        get
        {
            lock (_gate)
                return [.. _locations];
        }
    }

    /// <summary>Null when it does not exist.</summary>
    public Location? FindLocation(string id)
    {
        lock (_gate)
            return _locations.Find(l => l.Id == id);
    }

    internal IReadOnlyList<Location> LocationsOf(string merchantId)
    {
        lock (_gate)
            return _locations.FindAll(l => l.MerchantId == merchantId);
    }

    /// <summary>A merchant's location by its id or by <c>main</c>; null when the merchant has no such location.</summary>
    internal Location? FindLocation(string merchantId, string id)
    {
        lock (_gate)
            return _locations.Find(l => l.MerchantId == merchantId && (id == "main" || l.Id == id));
    }

    internal Merchant GetMerchant(string id)
    {
        lock (_gate)
            return _merchants[id];
    }

    internal AccessToken? FindToken(string value)
    {
        lock (_gate)
            return _tokens.GetValueOrDefault(value);
    }

    /// <summary>
    /// The applications that may receive a merchant's events: those with a valid token of the merchant that has the scope.
    /// </summary>
    internal IReadOnlySet<string> AuthorizedApplications(string merchantId, string scope)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
            return _tokens
                .Values.Where(t => t.MerchantId == merchantId && t.IsValidAt(now) && t.Allows(scope))
                .Select(t => t.ApplicationId)
                .ToHashSet();
    }

    private string? FindApplication(string merchantId) => _tokens.Values.FirstOrDefault(t => t.MerchantId == merchantId)?.ApplicationId;
}
