namespace PosModular.Kernel.Errors;

/// <summary>Stable codes of expected errors. The message beside the code says what to do next.</summary>
public enum ErrorCode
{
    /// <summary>The provider refused the credentials.</summary>
    InvalidCredentials,

    /// <summary>The provider knows no such location, or it belongs to another merchant.</summary>
    LocationNotFound,

    /// <summary>The credentials lack a required permission.</summary>
    PermissionDenied,

    /// <summary>The provider refused the call because there were too many. Try again later.</summary>
    RateLimitExceeded,

    /// <summary>A sync could not read or store a part of the transactions.</summary>
    SyncFailed,

    /// <summary>A webhook could not be verified or set up.</summary>
    WebhookValidationFailed,

    /// <summary>Something in the input is missing, malformed or out of range.</summary>
    InvalidInput,

    /// <summary>The object does not exist, or the caller may not see it.</summary>
    NotFound,

    /// <summary>The request conflicts with the current state, for example because the name is taken.</summary>
    Conflict,

    /// <summary>The provider does not respond, or it responds with a server error.</summary>
    ProviderUnavailable,
}
