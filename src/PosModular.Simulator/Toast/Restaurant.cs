namespace PosModular.Simulator.Toast;

/// <summary>A Toast restaurant (Toast docs, Restaurants API › RestaurantInfo).</summary>
public sealed record Restaurant
{
    /// <summary>The value of the header Toast-Restaurant-External-ID.</summary>
    public required Guid Guid { get; init; }

    /// <summary>Name of the business.</summary>
    public required string Name { get; init; }

    /// <summary>Name of this location.</summary>
    public required string LocationName { get; init; }

    /// <summary>IANA time zone.</summary>
    public required string TimeZone { get; init; }

    /// <summary>ISO 4217 currency of all amounts in its orders.</summary>
    public required string CurrencyCode { get; init; }

    /// <summary>Hour of the day, 0 to 12, before which a sale belongs to the previous business date.</summary>
    public required int CloseoutHour { get; init; }

    public required Guid ManagementGroupGuid { get; init; }

    /// <summary>Whether it is archived: 404 unless requested with includeArchived=true.</summary>
    public bool Archived { get; init; }

    /// <summary>Where order_updated events are sent; null: nowhere. Toast has no API for it; its staff set it.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>Key that signs the webhooks.</summary>
    public string? WebhookSecret { get; init; }

    /// <summary>The business date of an instant in the restaurant's time zone, as yyyyMMdd.</summary>
    public int BusinessDate(DateTimeOffset at)
    {
        var day = TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(TimeZone)).AddHours(-CloseoutHour);
        return day.Year * 10_000 + day.Month * 100 + day.Day;
    }
}

/// <summary>An API client with its scopes and restaurants.</summary>
public sealed record ApiClient(string ClientId, string ClientSecret)
{
    /// <summary>The scopes that PosModular needs; guest.pi:read shows a check's customer.</summary>
    public static readonly IReadOnlyList<string> DefaultScopes = ["orders:read", "restaurants:read", "guest.pi:read"];

    /// <inheritdoc cref="DefaultScopes" />
    public IReadOnlyList<string> Scopes { get; init; } = DefaultScopes;

    /// <summary>The restaurants that the client may access.</summary>
    public IReadOnlyList<Guid> Restaurants { get; init; } = [];
}

/// <summary>A restaurant and a client that may read it: everything that connecting a venue needs.</summary>
public sealed record ToastAccount(Restaurant Restaurant, ApiClient Client);

/// <summary>Describes a restaurant to add. Omitted values are generated; a guid or client id that already exists is reused.</summary>
public sealed record RestaurantDraft
{
    public Guid? Guid { get; init; }
    public string Name { get; init; } = "Test Restaurant";
    public string LocationName { get; init; } = "Harbour";

    /// <summary>IANA time zone.</summary>
    public string TimeZone { get; init; } = "America/New_York";

    /// <summary>ISO 4217 currency.</summary>
    public string CurrencyCode { get; init; } = "USD";

    /// <summary>Hour of the day, 0 to 12.</summary>
    public int CloseoutHour { get; init; } = 4;
    public Guid? ManagementGroupGuid { get; init; }
    public bool Archived { get; init; }

    /// <summary>An existing client gets access to the restaurant; null: a new client.</summary>
    public string? ClientId { get; init; }
    public string? ClientSecret { get; init; }

    /// <summary>Scopes of a new client; null: the default ones.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }
}
