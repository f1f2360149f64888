using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GraphQL;
using GraphQL.Transport;
using PosModular.Host.GraphQL.Errors;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Settings;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// The texts of queries that clients name by their hash instead of sending them. Trusted documents come from a file that the frontend's
/// build writes; automatic persisted queries (Apollo) are registered by clients themselves: they send the hash, learn that it is unknown,
/// and send it again together with the text.
/// </summary>
internal sealed class PersistedDocuments
{
    private const string DocumentsSetting = "Pos:GraphQL:Documents";
    private const string OnlyDocumentsSetting = "Pos:GraphQL:OnlyDocuments";

    private readonly IReadOnlyDictionary<string, string> _trusted;
    private readonly HashSet<string> _trustedTexts;
    private readonly RecentlyUsed<string> _registered = new(Limits.MaxCachedDocuments, Limits.MaxCachedCharacters);
    private readonly bool _onlyTrusted;

    /// <exception cref="SettingException">A setting is malformed, or the file cannot be read.</exception>
    public PersistedDocuments(IConfiguration configuration)
    {
        var path = configuration[DocumentsSetting];
        _trusted = string.IsNullOrWhiteSpace(path) ? new Dictionary<string, string>() : ReadFile(path.Trim());
        _trustedTexts = new HashSet<string>(_trusted.Values, StringComparer.Ordinal);
        _onlyTrusted =
            configuration[OnlyDocumentsSetting] is { } only
            && !string.IsNullOrWhiteSpace(only)
            && (bool.TryParse(only, out var isSet) ? isSet : throw new SettingException(OnlyDocumentsSetting, "must be true or false."));
        if (_onlyTrusted && _trusted.Count == 0)
            throw new SettingException(
                OnlyDocumentsSetting,
                "set Pos__GraphQL__Documents to a file with documents too, or nothing could run."
            );
    }

    /// <summary>Returns the text of the query of a request and registers it under the hash that the request names.</summary>
    /// <exception cref="ExecutionError">PERSISTED_QUERY_NOT_FOUND: send the text too. INVALID_INPUT: neither text nor hash is given, the
    /// text does not have that hash, or only trusted documents may run.</exception>
    public string TextOf(GraphQLRequest request)
    {
        var id = IdOf(request);
        if (request.Query is not { Length: > 0 } text)
            return id is null ? throw ErrorCodes.InvalidInputError("\"query\" is missing.") : Find(id);

        if (_onlyTrusted && !_trustedTexts.Contains(text))
            throw ErrorCodes.InvalidInputError(
                "Only documents that are known to this host may run here. Send the id of one of them, or add this one to the file of "
                    + "Pos__GraphQL__Documents."
            );
        if (id is null)
            return text;

        if (_trusted.GetValueOrDefault(id) == text)
            return text;
        if (!id.Equals(Hash(text), StringComparison.OrdinalIgnoreCase))
            throw ErrorCodes.InvalidInputError("The sha256Hash of the persisted query is not the SHA-256 of its text.");
        if (text.Length <= Limits.MaxQueryCharacters)
            _registered.Add(id.ToLowerInvariant(), text, text.Length);
        return text;
    }

    private string Find(string id)
    {
        if (_trusted.TryGetValue(id, out var trusted))
            return trusted;
        if (!_onlyTrusted && _registered.Find(id.ToLowerInvariant()) is { } registered)
            return registered;
        // Apollo's clients look for exactly this message or code.
        throw new ExecutionError("PersistedQueryNotFound") { Code = ErrorCodes.PersistedQueryNotFound };
    }

    /// <summary>documentId (GraphQL over HTTP, "Persisted documents") or extensions.persistedQuery.sha256Hash (Apollo, "Automatic
    /// persisted queries").</summary>
    private static string? IdOf(GraphQLRequest request)
    {
        if (request.DocumentId is { Length: > 0 and <= InputText.DefaultMaxLength } documentId)
            return WithoutPrefix(documentId);
        if (request.Extensions?.TryGetValue("persistedQuery", out var value) is not true || value is not IDictionary<string, object?> query)
            return null;
        return query.TryGetValue("sha256Hash", out var hash) && hash is string { Length: > 0 and <= InputText.DefaultMaxLength } id
            ? WithoutPrefix(id)
            : throw ErrorCodes.InvalidInputError("extensions.persistedQuery needs a sha256Hash.");
    }

    /// <summary>The specification and graphql-codegen put the name of the hash before it.</summary>
    private static string WithoutPrefix(string id)
    {
        const string HashPrefix = "sha256:";
        return id.StartsWith(HashPrefix, StringComparison.Ordinal) ? id[HashPrefix.Length..] : id;
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Reads an object of texts by id, as graphql-codegen and the Relay compiler write it, or Apollo's manifest with a list of
    /// operations.</summary>
    private static Dictionary<string, string> ReadFile(string path)
    {
        try
        {
            using var file = JsonDocument.Parse(File.ReadAllBytes(path));
            var entries =
                file.RootElement.TryGetProperty("operations", out var operations) && operations.ValueKind == JsonValueKind.Array
                    ? operations.EnumerateArray().Select(o => (o.GetProperty("id").GetString()!, o.GetProperty("body").GetString()!))
                    : file.RootElement.EnumerateObject().Select(entry => (entry.Name, entry.Value.GetString()!));
            return entries.ToDictionary(entry => WithoutPrefix(entry.Item1), entry => entry.Item2, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException(DocumentsSetting, $"the file {Path.GetFullPath(path)} cannot be read: {e.Message}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new SettingException(
                DocumentsSetting,
                $"the file {Path.GetFullPath(path)} is neither an object of GraphQL texts by id nor a manifest of operations."
            );
        }
    }
}
