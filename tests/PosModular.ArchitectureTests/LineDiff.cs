namespace PosModular.ArchitectureTests;

/// <summary>Compares a committed text with the current one, line by line: − is committed only, + is current only.</summary>
internal static class LineDiff
{
    public static IReadOnlyList<string> Between(string committed, string current)
    {
        var (before, after) = (committed.ReplaceLineEndings("\n"), current.ReplaceLineEndings("\n"));
        if (before == after)
            return [];
        var (old, @new) = (before.Split('\n'), after.Split('\n'));
        string[] lines = [.. old.Except(@new).Select(l => "− " + l), .. @new.Except(old).Select(l => "+ " + l)];
        return lines.Length > 0 ? lines : ["The order or the number of equal lines differs."];
    }
}
