using System.Collections.Frozen;

namespace PosModular.Kernel.Amounts;

/// <summary>Whether a currency exists, and how many digits its minor unit has.</summary>
/// <remarks>Source: ISO 4217, list one (active codes), column "minor unit". Codes without a minor unit (metals, accounting units, codes
/// for tests) are no currencies here. BGN, withdrawn in 2026, is kept because earlier payments name it.</remarks>
public static class Currency
{
    private static readonly FrozenDictionary<string, int> DigitsByCode = new (int Digits, string Codes)[]
    {
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (
            2,
            "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
                + "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR "
                + "ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV "
                + "MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
                + "SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
        ),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    }
        .SelectMany(group => group.Codes.Split(' '), (group, code) => (code, group.Digits))
        .ToFrozenDictionary(entry => entry.code, entry => entry.Digits);

    private static readonly FrozenDictionary<string, string> SymbolsByCode =
        "USD $ EUR € GBP £ JPY ¥ CAD CA$ AUD A$ NZD NZ$ INR ₹ KRW ₩ BRL R$ MXN MX$ ILS ₪ HKD HK$"
            .Split(' ')
            .Chunk(2)
            .ToFrozenDictionary(p => p[0], p => p[1]);

    /// <summary>Whether the code is an active ISO 4217 currency, in capitals.</summary>
    public static bool Exists(string code) => DigitsByCode.ContainsKey(code);

    /// <summary>The code in capitals, as ISO 4217 spells it; null when there is no such currency. Providers may write small
    /// letters.</summary>
    public static string? Parse(string? code) => code?.ToUpperInvariant() is { } capitals && Exists(capitals) ? capitals : null;

    /// <summary>Digits of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD, 4 for CLF; 2 for an unknown code.</summary>
    public static int MinorUnitDigits(string code) => DigitsByCode.GetValueOrDefault(code, 2);

    /// <summary>How many minor units make one unit: 100 for EUR, 1 for JPY, 1000 for KWD, 10000 for CLF; 100 for an unknown
    /// code.</summary>
    public static decimal MinorUnitsPerMajor(string code) =>
        MinorUnitDigits(code) switch
        {
            0 => 1,
            3 => 1_000,
            4 => 10_000,
            _ => 100,
        };

    internal static string Symbol(string code) => SymbolsByCode.TryGetValue(code, out var symbol) ? symbol : code + " ";
}
