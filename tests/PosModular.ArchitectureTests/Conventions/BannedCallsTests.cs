using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Conventions;

/// <summary>Product code does not read the machine's time, block a thread or swallow an error.</summary>
public sealed class BannedCallsTests
{
    private static readonly (Regex Pattern, string Instead)[] Banned =
    [
        (new(@"\bDateTime(Offset)?\.(UtcNow|Now|Today)\b"), "use IClock or TimeProvider"),
        (new(@"(?<!\bOutcome)\.Result\b"), "await the task"),
        (new(@"\.GetAwaiter\(\)\s*\.GetResult\(\)|\.Wait\(\)"), "await the task"),
        (new(@"\bThread\.Sleep\b"), "await TimeProvider.WaitAsync"),
        (new(@"\bcatch\s*(\(\s*(System\.)?Exception(\s+\w+)?\s*\))?\s*\{\s*\}"), "name the exception that is expected"),
    ];

    private static IEnumerable<string> Offences(string path, string source)
    {
        var code = CSharpSource.CodeOf(source);
        return Banned.SelectMany(b => b.Pattern.Matches(code).Select(m => $"{path}: {Regex.Replace(m.Value, @"\s+", " ")}: {b.Instead}"));
    }

    [Fact]
    public void Product_code_makes_no_banned_call() =>
        Repository.Sources("modules", "src").SelectMany(s => Offences(s.Path, s.Text)).ShouldBeEmpty();

    [Theory]
    [InlineData("var now = DateTime.Now;")]
    [InlineData("var now = DateTime.UtcNow;")]
    [InlineData("var now = DateTimeOffset.UtcNow;")]
    [InlineData("var text = $\"{DateTimeOffset.Now:O}\";")]
    [InlineData("var x = LoadAsync().Result;")]
    [InlineData("var x = task.Result.Length;")]
    [InlineData("var x = LoadAsync().GetAwaiter().GetResult();")]
    [InlineData("task.Wait();")]
    [InlineData("Thread.Sleep(1);")]
    [InlineData("try { } catch { }")]
    [InlineData("try { }\ncatch\n{\n    // never mind\n}")]
    [InlineData("try { } catch (Exception) { }")]
    [InlineData("try { } catch (Exception e)\n{\n}")]
    public void A_planted_offence_is_found(string source) => Offences("x.cs", source).ShouldHaveSingleItem();

    [Theory]
    [InlineData("var now = clock.GetUtcNow();")]
    [InlineData("// DateTime.Now\nvar text = \"Thread.Sleep\";")]
    [InlineData("try { } catch { connection.Dispose(); throw; }")]
    [InlineData("try { } catch (FormatException) { }")]
    [InlineData("var response = arguments.Outcome.Result;")]
    [InlineData("new LedgerChanges(x) { Result = 1 }; AddResult(Results);")]
    public void Similar_code_is_no_offence(string source) => Offences("x.cs", source).ShouldBeEmpty();
}
