using System.Globalization;

namespace Integrations.Toast;

/// <summary>Reads link headers for the one thing that matters: which page is next. The address in them is never called.</summary>
/// <remarks>Source: RFC 8288 §3: <c>&lt;address&gt;; rel="next"; …, &lt;address&gt;; …</c>. An address may have commas and semicolons in it.</remarks>
internal static class ToastLinkHeader
{
    /// <summary>The number of the next page; null when there is none. A link that names no later page than this one means the one after it.</summary>
    public static int? NextPage(IEnumerable<string> headers, int page)
    {
        foreach (var header in headers)
        foreach (var (address, parameters) in Links(header))
            if (IsNext(parameters))
                return PageOf(address) is { } linkedPage && linkedPage > page ? linkedPage : page + 1;
        return null;
    }

    private static IEnumerable<(string Address, string Parameters)> Links(string header)
    {
        for (var at = 0; (at = header.IndexOf('<', at)) >= 0; )
        {
            var close = header.IndexOf('>', at);
            if (close < 0)
                yield break;
            // Up to the comma that ends this link, which is not one within quotes.
            var (end, quoted) = (close + 1, false);
            for (; end < header.Length && (quoted || header[end] != ','); end++)
                quoted ^= header[end] == '"';
            yield return (header[(at + 1)..close], header[(close + 1)..end]);
            at = end;
        }
    }

    // A link may have several relations; their names do not mind capitals.
    private static bool IsNext(string parameters) =>
        parameters
            .Split(';', StringSplitOptions.TrimEntries)
            .Select(p => p.Split('=', 2, StringSplitOptions.TrimEntries))
            .Any(p =>
                p is [var name, var value]
                && name.Equals("rel", StringComparison.OrdinalIgnoreCase)
                && value.Trim('"').Split(' ').Contains("next", StringComparer.OrdinalIgnoreCase)
            );

    private static int? PageOf(string address) =>
        address.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query
        && address[(query + 1)..].Split('&', '#').Select(p => p.Split('=', 2)).FirstOrDefault(p => p is ["page", _]) is [_, var number]
        && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var page)
        && page < int.MaxValue
            ? page
            : null;
}
