using System.Security.Cryptography;

namespace PosModular.Simulator.Toast;

/// <summary>Restaurants and the API clients that may read them. Thread-safe.</summary>
public sealed class RestaurantStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Restaurant> _restaurants = [];
    private readonly Dictionary<string, ApiClient> _clients = [];

    /// <summary>Adds a restaurant and a client with access to it, or whichever of them does not exist yet.</summary>
    public ToastAccount Add(RestaurantDraft? draft = null)
    {
        draft ??= new RestaurantDraft();
        if (draft.CloseoutHour is < 0 or > 12)
            throw new InvalidOperationException("closeoutHour must be 0 to 12.");
        var guid = draft.Guid ?? Guid.NewGuid();
        lock (_gate)
        {
            if (!_restaurants.TryGetValue(guid, out var restaurant))
            {
                _restaurants[guid] = restaurant = new Restaurant
                {
                    Guid = guid,
                    Name = draft.Name,
                    LocationName = draft.LocationName,
                    TimeZone = draft.TimeZone,
                    CurrencyCode = draft.CurrencyCode,
                    CloseoutHour = draft.CloseoutHour,
                    ManagementGroupGuid = draft.ManagementGroupGuid ?? Guid.NewGuid(),
                    Archived = draft.Archived,
                };
            }

            var id = draft.ClientId
                ?? RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 32);
            if (!_clients.TryGetValue(id, out var client))
                client = new ApiClient(id, draft.ClientSecret ?? SquareId.OpaqueHash(Guid.NewGuid().ToString(), 64))
                {
                    Scopes = draft.Scopes ?? ApiClient.DefaultScopes,
                };
            _clients[id] = client = client with { Restaurants = [.. client.Restaurants.Union([guid])] };
            return new ToastAccount(restaurant, client);
        }
    }

    /// <summary>Adds a client or replaces the one with the same id, e.g. with fewer restaurants, other scopes or a new secret.</summary>
    public void Put(ApiClient client)
    {
        lock (_gate)
            _clients[client.ClientId] = client;
    }

    /// <summary>Adds or replaces a restaurant; existing orders keep their business dates.</summary>
    public void Put(Restaurant restaurant)
    {
        lock (_gate)
            _restaurants[restaurant.Guid] = restaurant;
    }

    /// <summary>
    /// Sets where the restaurant's order_updated events are sent; a null URL stops them. A null secret keeps the old one or generates
    /// one.
    /// </summary>
    public Restaurant SetWebhook(Guid restaurantGuid, string? url, string? secret = null)
    {
        lock (_gate)
        {
            var before = _restaurants.TryGetValue(restaurantGuid, out var found)
                ? found
                : throw new KeyNotFoundException($"No restaurant {restaurantGuid}.");
            return _restaurants[restaurantGuid] = before with
            {
                WebhookUrl = url,
                WebhookSecret = secret ?? before.WebhookSecret ?? SquareId.OpaqueHash(Guid.NewGuid().ToString(), 44),
            };
        }
    }

    public IReadOnlyList<Restaurant> Restaurants
    {
        get
        {
            lock (_gate)
                return [.. _restaurants.Values];
        }
    }

    /// <summary>Null when it does not exist.</summary>
    public Restaurant? Find(Guid guid)
    {
        lock (_gate)
            return _restaurants.GetValueOrDefault(guid);
    }

    /// <summary>Null when it does not exist.</summary>
    public ApiClient? FindClient(string clientId)
    {
        lock (_gate)
            return _clients.GetValueOrDefault(clientId);
    }
}
