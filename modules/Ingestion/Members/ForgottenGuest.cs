using PosModular.Kernel.Errors;

namespace Ingestion.Members;

internal static class ForgottenGuest
{
    public static readonly UserError Error = new(
        ErrorCode.Conflict,
        "The guest of this transaction was forgotten, so it can be matched to nobody any more.",
        "transactionId"
    );
}
