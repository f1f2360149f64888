using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Projects;

/// <summary>No name in the Kernel contains a business word. The feed alone may say venue, because feeds are divided by venue. A database
/// transaction is not a payment.</summary>
public sealed partial class KernelWordsTests
{
    [GeneratedRegex(@"\b[A-Za-z_]\w*")]
    private static partial Regex Identifier();

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();

    [GeneratedRegex(
        "^(square|toast|sales?|payments?|refunds?|revenues?|tiers?|spends?|spenders?|unlocks?|memberships?|guests?|merchants?|tips?|cards?|"
            + "performers?|restaurants?|webhookevents?)$"
    )]
    private static partial Regex BusinessWord();

    // The business transaction: Transactions, TransactionAdded; but not BeginTransaction or a local called transaction.
    [GeneratedRegex("^Transactions?([A-Z]|$)")]
    private static partial Regex TransactionType();

    private static IEnumerable<string> Offences(string path, string source) =>
        from identifier in Identifier().Matches(CSharpSource.CodeOf(source)).Select(m => m.Value).Distinct()
        let words = Word().Matches(identifier).Select(m => m.Value.ToLowerInvariant()).ToArray()
        where
            words.Any(BusinessWord().IsMatch)
            || TransactionType().IsMatch(identifier)
            || (words.Any(w => w is "venue" or "venues") && !path.Contains("/Feed/", StringComparison.Ordinal))
        select $"{path}: {identifier}";

    [Fact]
    public void The_kernel_has_no_business_word() =>
        Repository.Sources("src/PosModular.Kernel").SelectMany(s => Offences(s.Path, s.Text)).ShouldBeEmpty();

    [Theory]
    [InlineData("class SquareClient;", "SquareClient")]
    [InlineData("long refundedMinor, tipMinor;", "tipMinor")]
    [InlineData("record RevenueDay;", "RevenueDay")]
    [InlineData("enum Tier { }", "Tier")]
    [InlineData("class TransactionsChanged;", "TransactionsChanged")]
    [InlineData("string VenueId;", "VenueId")]
    public void A_planted_business_word_is_found(string source, string word) =>
        Offences("src/PosModular.Kernel/Amounts/X.cs", source).ShouldBe(["src/PosModular.Kernel/Amounts/X.cs: " + word]);

    [Fact]
    public void Similar_words_are_no_offence() =>
        Offences(
                "src/PosModular.Kernel/Feed/X.cs",
                "// a payment\nvar venue = db.BeginTransactionAsync(); multiply(cardinal, until, \"tip\");"
            )
            .ShouldBeEmpty();
}
