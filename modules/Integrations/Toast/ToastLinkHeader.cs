using System.Globalization;

namespace Integrations.Toast;

/// <summary>Reads the number of the next page from Link headers. Their URLs are never called.</summary>
/// <remarks>Source: RFC 8288 §3: <c>&lt;URL&gt;; rel="next"; …, &lt;URL&gt;; …</c>. A URL can contain commas and semicolons.</remarks>
internal static class ToastLinkHeader
{
    /// <summary>The number of the next page; null when there is none. A link to a page that is not later than this one counts as a link
    /// to the page after it.</summary>
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
            // A link ends at the next comma outside of quotes.
            var (end, quoted) = (close + 1, false);
            for (; end < header.Length && (quoted || header[end] != ','); end++)
                quoted ^= header[end] == '"';
            yield return (header[(at + 1)..close], header[(close + 1)..end]);
            at = end;
        }
    }

    // A link can have several relations, whose names are case-insensitive.
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
