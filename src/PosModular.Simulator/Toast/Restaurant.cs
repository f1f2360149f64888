namespace PosModular.Simulator.Toast;

/// <summary>One location with Toast's till (Toast docs, Restaurants API › RestaurantInfo).</summary>
public sealed record Restaurant
{
    /// <summary>What goes into Toast-Restaurant-External-ID.</summary>
    public required Guid Guid { get; init; }

    /// <summary>Of the business.</summary>
    public required string Name { get; init; }

    /// <summary>Of this location.</summary>
    public required string LocationName { get; init; }

    /// <summary>IANA.</summary>
    public required string TimeZone { get; init; }

    /// <summary>ISO 4217; all amounts of its orders are in it.</summary>
    public required string CurrencyCode { get; init; }

    /// <summary>0 to 12: until this hour a sale belongs to the business day before.</summary>
    public required int CloseoutHour { get; init; }

    public required Guid ManagementGroupGuid { get; init; }

    /// <summary>404 unless asked with includeArchived=true.</summary>
    public bool Archived { get; init; }

    /// <summary>Where order_updated goes; nobody hears of the orders when null. Toast has no API for it: its staff set it.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>Signs the webhooks.</summary>
    public string? WebhookSecret { get; init; }

    /// <summary>The business day of a moment, as yyyyMMdd.</summary>
    public int BusinessDate(DateTimeOffset at)
    {
        var day = TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(TimeZone)).AddHours(-CloseoutHour);
        return day.Year * 10_000 + day.Month * 100 + day.Day;
    }
}

/// <summary>Who may log in, what for, and at which restaurants.</summary>
public sealed record ApiClient(string ClientId, string ClientSecret)
{
    /// <summary>What the product needs; guest.pi:read shows a check's customer.</summary>
    public static readonly IReadOnlyList<string> DefaultScopes = ["orders:read", "restaurants:read", "guest.pi:read"];

    /// <inheritdoc cref="DefaultScopes" />
    public IReadOnlyList<string> Scopes { get; init; } = DefaultScopes;

    /// <summary>The restaurants that are connected.</summary>
    public IReadOnlyList<Guid> Restaurants { get; init; } = [];
}

/// <summary>A restaurant and a client that may read it: what a test or a venue needs to connect.</summary>
public sealed record ToastAccount(Restaurant Restaurant, ApiClient Client);

/// <summary>How a restaurant is to be. What is left out is made up; a guid or a client id that exists already is used again.</summary>
public sealed record RestaurantDraft
{
    public Guid? Guid { get; init; }
    public string Name { get; init; } = "Test Tavern";
    public string LocationName { get; init; } = "Harbour";

    /// <summary>IANA.</summary>
    public string TimeZone { get; init; } = "America/New_York";

    /// <summary>ISO 4217.</summary>
    public string CurrencyCode { get; init; } = "USD";

    /// <summary>0 to 12.</summary>
    public int CloseoutHour { get; init; } = 4;
    public Guid? ManagementGroupGuid { get; init; }
    public bool Archived { get; init; }

    /// <summary>An existing one gets a further restaurant.</summary>
    public string? ClientId { get; init; }
    public string? ClientSecret { get; init; }

    /// <summary>Of a new client; the usual ones when left out.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }
}
