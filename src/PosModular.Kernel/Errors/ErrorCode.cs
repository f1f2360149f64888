namespace PosModular.Kernel.Errors;

/// <summary>Stable codes of expected errors; the message beside the code says what to do next.</summary>
public enum ErrorCode
{
    /// <summary>The provider refused the credentials.</summary>
    InvalidCredentials,

    /// <summary>The provider knows no such location, or it is not this merchant's.</summary>
    LocationNotFound,

    /// <summary>The credentials lack a permission that is needed.</summary>
    PermissionDenied,

    /// <summary>The provider asked to slow down.</summary>
    RateLimitExceeded,

    /// <summary>A sync could not be finished.</summary>
    SyncFailed,

    /// <summary>A webhook could not be verified or set up.</summary>
    WebhookValidationFailed,

    /// <summary>Something in the input is missing, malformed or out of range.</summary>
    InvalidInput,

    /// <summary>There is no such thing, or you may not see it.</summary>
    NotFound,

    /// <summary>It clashes with what is already there.</summary>
    Conflict,

    /// <summary>The provider does not answer or answers with an error of its own.</summary>
    ProviderUnavailable,
}
