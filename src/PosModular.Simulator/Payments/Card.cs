using System.Globalization;

namespace PosModular.Simulator.Payments;

/// <summary>The card of a payment, as Square shows it (Square docs, Payments › CardPaymentDetails, Card).</summary>
public sealed record Card
{
    /// <summary>Opaque identifier, the same for every payment with this card; at most 255 characters.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>VISA, MASTERCARD, AMERICAN_EXPRESS, …</summary>
    public string Brand { get; init; } = "VISA";

    /// <summary>The last four digits.</summary>
    public string Last4 { get; init; } = "1111";

    /// <summary>KEYED, SWIPED, EMV, ON_FILE, CONTACTLESS.</summary>
    public string EntryMethod { get; init; } = "CONTACTLESS";

    /// <summary>The first six digits.</summary>
    public string Bin { get; init; } = "411111";

    /// <summary>CREDIT or DEBIT.</summary>
    public string CardType { get; init; } = "DEBIT";

    /// <summary>Expiry month, 1 to 12.</summary>
    public int ExpMonth { get; init; } = 11;

    /// <summary>Expiry year, four digits.</summary>
    public int ExpYear { get; init; } = 2031;

    /// <summary>A generated card; the same number always gives the same card, also after a restart.</summary>
    public static Card Numbered(int number)
    {
        var (brand, bin) = (number % 10) switch
        {
            < 5 => ("VISA", "411111"),
            < 9 => ("MASTERCARD", "540988"),
            _ => ("AMERICAN_EXPRESS", "374245"),
        };
        return new Card
        {
            Fingerprint = "sq-1-" + SquareId.OpaqueHash($"card {number.ToString(CultureInfo.InvariantCulture)}", 66),
            Brand = brand,
            Bin = bin,
            Last4 = (Math.Abs(number * 7919L + 1234) % 10_000).ToString("0000", CultureInfo.InvariantCulture),
            EntryMethod = number % 3 == 0 ? "EMV" : "CONTACTLESS",
            CardType = number % 2 == 0 ? "CREDIT" : "DEBIT",
            ExpMonth = Math.Abs(number % 12) + 1,
        };
    }
}
