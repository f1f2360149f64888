namespace PosModular.Simulator.Sellers;

/// <summary>A Square location. A merchant's first location is its main location.</summary>
/// <param name="Id">At most 32 characters.</param>
/// <param name="MerchantId">The merchant that owns it.</param>
/// <param name="Name">The location's name; the business name belongs to the merchant.</param>
/// <param name="TimeZone">IANA time zone.</param>
/// <param name="Currency">ISO 4217 currency of every payment at this location.</param>
/// <param name="Country">ISO 3166, two letters.</param>
/// <param name="CreatedAt">When it was created.</param>
public sealed record Location(
    string Id,
    string MerchantId,
    string Name,
    string TimeZone,
    string Currency,
    string Country,
    DateTimeOffset CreatedAt
);
