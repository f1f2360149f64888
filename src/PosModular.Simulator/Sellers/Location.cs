namespace PosModular.Simulator.Sellers;

/// <summary>A place where a merchant sells. The first one of a merchant is its main location.</summary>
/// <param name="Id">At most 32 characters.</param>
/// <param name="MerchantId">The owner.</param>
/// <param name="Name">The nickname; the business name is the merchant's.</param>
/// <param name="TimeZone">IANA.</param>
/// <param name="Currency">ISO 4217; every payment taken here is in it.</param>
/// <param name="Country">ISO 3166, two letters.</param>
/// <param name="CreatedAt">When it was opened.</param>
public sealed record Location(
    string Id,
    string MerchantId,
    string Name,
    string TimeZone,
    string Currency,
    string Country,
    DateTimeOffset CreatedAt
);
