using System.Collections.Frozen;

namespace PosModular.Kernel.Amounts;

/// <summary>Whether a currency exists, and how many digits its minor unit has.</summary>
/// <remarks>Source: ISO 4217, list one (active codes), column "minor unit".</remarks>
public static class Currency
{
    private static readonly FrozenSet<string> ZeroDecimalCodes = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
        .Split(' ')
        .ToFrozenSet();

    private static readonly FrozenSet<string> ThreeDecimalCodes = "BHD IQD JOD KWD LYD OMR TND".Split(' ').ToFrozenSet();

    private static readonly FrozenSet<string> TwoDecimalCodes = (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
        + "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS "
        + "KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
        + "PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
        + "TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
    )
        .Split(' ')
        .ToFrozenSet();

    private static readonly FrozenDictionary<string, string> SymbolsByCode =
        "USD $ EUR € GBP £ JPY ¥ CAD CA$ AUD A$ NZD NZ$ INR ₹ KRW ₩ BRL R$ MXN MX$ ILS ₪ HKD HK$"
            .Split(' ')
            .Chunk(2)
            .ToFrozenDictionary(p => p[0], p => p[1]);

    /// <summary>Whether the code is an active ISO 4217 currency, in capitals.</summary>
    public static bool Exists(string code) =>
        TwoDecimalCodes.Contains(code) || ZeroDecimalCodes.Contains(code) || ThreeDecimalCodes.Contains(code);

    /// <summary>Digits of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD; 2 for an unknown code.</summary>
    public static int MinorUnitDigits(string code) =>
        ZeroDecimalCodes.Contains(code) ? 0
        : ThreeDecimalCodes.Contains(code) ? 3
        : 2;

    internal static string Symbol(string code) => SymbolsByCode.TryGetValue(code, out var symbol) ? symbol : code + " ";
}
