using GraphQL;
using Ingestion.Members;
using Ingestion.Transactions;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Ingestion.Claims;

/// <summary>The transaction that a guest may claim.</summary>
internal sealed record CreateClaimCodeInput
{
    /// <summary>The venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The transaction's id.</summary>
    [Id]
    public required string TransactionId { get; init; }

    /// <summary>Whether the claim links the transaction's card to the guest too or, where it has no card token, the provider's customer. A
    /// card that is linked already stays with its user.</summary>
    [DefaultAstValue("true")]
    public bool? LinkCard { get; init; }

    /// <summary>Whether earlier payments with that card are matched to the guest too.</summary>
    [DefaultAstValue("true")]
    public bool? IncludePast { get; init; }
}

/// <summary>The result of creating a claim code.</summary>
/// <param name="Code">The code, for the receipt: print it or show it as a QR code. It is shown this once. Null when there are
/// errors.</param>
/// <param name="ExpiresAt">When the code expires, 14 days from now; null when there are errors.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record ClaimCodePayload(string? Code, Instant? ExpiresAt, IReadOnlyList<UserError> Errors)
{
    public static ClaimCodePayload Failed(UserError error) => new(null, null, [error]);
}

/// <summary>Creates a code with which whoever is signed in claims the transaction, once, within 14 days. The change is recorded in the
/// audit log. For owners of the venue and HEAD_MODERATOR. Errors: NOT_FOUND; INVALID_INPUT for a transaction of another venue; CONFLICT for
/// one that was assigned by hand or claimed, or whose guest was forgotten.</summary>
internal sealed class CreateClaimCode(IDbContextFactory<IngestionDb> dbFactory, IVenues venues, IAuditLog auditLog, IClock clock)
{
    private static readonly Duration Validity = Duration.FromDays(14);

    /// <param name="input">The transaction.</param>
    public async Task<ClaimCodePayload> HandleAsync(
        CreateClaimCodeInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var (row, error) = await db.FindTransactionAsync(venue, input.TransactionId, venues, caller, cancellationToken);
        if (row is null)
            return ClaimCodePayload.Failed(error!);
        if (row.IsForgotten)
            return ClaimCodePayload.Failed(ForgottenGuest.Error);
        if (row.MatchedBy is MatchedBy.Hand or MatchedBy.Claim)
            return ClaimCodePayload.Failed(
                new UserError(
                    ErrorCode.Conflict,
                    "This transaction was assigned by hand or claimed already. Change its user with assignTransaction.",
                    "transactionId"
                )
            );
        var (code, now) = (ClaimCode.Create(), clock.Now());
        var expiresAt = now + Validity;
        db.ClaimCodes.Add(
            new ClaimCode
            {
                CodeHash = ClaimCode.HashOf(code),
                VenueId = venue.Id,
                TransactionId = row.Id,
                LinkCard = input.LinkCard ?? true,
                IncludePast = input.IncludePast ?? true,
                CreatedAt = now,
                CreatedBy = caller.UserId,
                ExpiresAt = expiresAt,
            }
        );
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await auditLog.RecordAsync(
            (NpgsqlConnection)db.Database.GetDbConnection(),
            caller,
            venue.Id,
            "createClaimCode",
            row.Id.ToString(),
            $"valid until {InstantPattern.ExtendedIso.Format(expiresAt)}",
            cancellationToken
        );
        await transaction.CommitAsync(cancellationToken);
        return new ClaimCodePayload(code, expiresAt, []);
    }
}
