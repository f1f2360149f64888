using GraphQL;
using GraphQL.DataLoader;
using GraphQLParser.AST;
using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using Rules.Spend;

namespace Rules.Members;

/// <summary>The member whose transaction it is; null while it is matched to no user. In the payload of a mutation, the member's spend and
/// tier include what the mutation has changed, unless the rules take longer than two seconds.</summary>
internal sealed class TransactionMember(IDbContextFactory<RulesDb> dbFactory, IVenues venues, EvaluationProgress progress)
{
    public IDataLoaderResult<Member?> Member([Parent] ITransaction transaction, IResolveFieldContext context) =>
        BatchLoaders.Load<string, Member?>(
            context,
            (typeof(TransactionMember), transaction.VenueId),
            transaction.UserId ?? "",
            async (ids, cancellationToken) =>
            {
                if (context.Operation.Operation == OperationType.Mutation)
                    await progress.WaitAsync(transaction.VenueId, transaction.Seq, cancellationToken);
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var venue = (await venues.FindAsync(transaction.VenueId, cancellationToken))!;
                var rows = await db
                    .Members.AsNoTracking()
                    .Where(m => m.VenueId == venue.Id && ids.Contains(m.UserId))
                    .ToListAsync(cancellationToken);
                return rows.ToDictionary(m => m.UserId, m => (Member?)new Member(venue, m));
            },
            null
        );
}
