using System.Collections.Frozen;

namespace PosModular.Kernel;

/// <summary>What the product must know of a currency: whether it exists and how many digits its minor unit has.</summary>
/// <remarks>Source: ISO 4217, list one (active codes), column "minor unit".</remarks>
public static class Currency
{
    private static readonly FrozenDictionary<string, int> Other = new Dictionary<string, int>
    {
        ["BIF"] = 0, ["CLP"] = 0, ["DJF"] = 0, ["GNF"] = 0, ["ISK"] = 0, ["JPY"] = 0, ["KMF"] = 0, ["KRW"] = 0, ["PYG"] = 0,
        ["RWF"] = 0, ["UGX"] = 0, ["VND"] = 0, ["VUV"] = 0, ["XAF"] = 0, ["XOF"] = 0, ["XPF"] = 0,
        ["BHD"] = 3, ["IQD"] = 3, ["JOD"] = 3, ["KWD"] = 3, ["LYD"] = 3, ["OMR"] = 3, ["TND"] = 3,
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> TwoDigits = (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP " +
        "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS " +
        "KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD " +
        "PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP " +
        "TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG").Split(' ').ToFrozenSet();

    private static readonly FrozenDictionary<string, string> Symbols = new Dictionary<string, string>
    {
        ["USD"] = "$", ["EUR"] = "€", ["GBP"] = "£", ["JPY"] = "¥", ["CAD"] = "CA$", ["AUD"] = "A$", ["NZD"] = "NZ$", ["INR"] = "₹",
        ["KRW"] = "₩", ["BRL"] = "R$", ["MXN"] = "MX$", ["ILS"] = "₪", ["HKD"] = "HK$",
    }.ToFrozenDictionary();

    /// <summary>Whether the code is an active ISO 4217 currency, in capitals.</summary>
    public static bool Exists(string code) => TwoDigits.Contains(code) || Other.ContainsKey(code);

    /// <summary>Digits of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD; 2 for a code that is not known.</summary>
    public static int Digits(string code) => Other.TryGetValue(code, out var digits) ? digits : 2;

    internal static string Sign(string code) => Symbols.TryGetValue(code, out var symbol) ? symbol : code + " ";
}
