using PosModular.Kernel.Errors;

namespace Ingestion.Cards;

/// <summary>Checks the inputs that name a card and its user. Each check returns null when the input is valid.</summary>
internal static class CardInputValidator
{
    public static UserError? CheckUserId(string userId) =>
        userId.Length is >= 1 and <= 200 && !userId.Any(char.IsControl)
            ? null
            : UserError.Invalid("A user id is the sub claim of the user's token, 1 to 200 characters.", "userId");

    public static UserError? CheckCardToken(string token) =>
        token.Length is >= 1 and <= 100 && !token.Any(char.IsControl)
            ? null
            : UserError.Invalid("Pass the token of a transaction's card: transactions { nodes { card { token } } }.", "cardToken");
}
