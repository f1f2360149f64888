using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using Microsoft.Extensions.DependencyInjection;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Schema;
using Rules.Explanations;
using Rules.LiveSessions;
using Rules.Members;
using Rules.Rebuilds;
using Rules.Reevaluations;
using Rules.Simulations;
using Rules.Spend;
using Rules.SpendRules;
using Rules.Unlocks;

namespace Rules;

/// <summary>Keeps what guests have spent, and unlocks tiers and access by spend rules.</summary>
public static class RulesModule
{
    public static IServiceCollection AddRules(this IServiceCollection services)
    {
        services.AddModuleDatabase<RulesDb>(RulesDb.Schema);
        services.AddFeedReader<TransactionsChanged, RulesDb, EvaluateSpend>(TransactionsChanged.Feed, RulesDb.Schema);

        services.AddFeedSource(MembershipEvents.Source);

        services.AddSingleton<EvaluationProgress>();
        services.AddSingleton<RuleSimulator>();
        services.AddHostedService<Reevaluator>();
        services.AddSingleton<IVenueRebuild, MemberRebuild>();
        services.AddSingleton<IMemberTiers, MemberTiers>();
        services.AddSingleton<IStageTimes, StageTimes>();

        return services
            .AddSingleton<INodeSource, SpendRuleNodes>()
            .AddSingleton<INodeSource, MemberNodes>()
            .AddField<VenueSpendRules>("Venue")
            .AddField<VenueSpendRule>("Venue")
            .AddField<UsersUnlocked>("SpendRule")
            .AddMutation<CreateSpendRule>()
            .AddMutation<UpdateSpendRule>()
            .AddMutation<ToggleSpendRule>()
            .AddMutation<DeleteSpendRule>()
            .AddMutation<ApplySpendRule>()
            .AddField<LastApplication>("SpendRule")
            .AddField<SimulateSpendRule>("Venue")
            .AddField<SpendRuleSimulation>("SpendRule")
            .AddField<VenueLiveSessions>("Venue")
            .AddMutation<StartLiveSession>()
            .AddMutation<EndLiveSession>()
            .AddMutation<UpdateLiveSession>()
            .AddField<VenueMember>("Venue")
            .AddMutation<MergeMembers>()
            .AddField<VenueMembers>("Venue")
            .AddField<VenueTierCounts>("Venue")
            .AddField<TopSpenderMember>("TopSpender")
            .AddField<MemberSpend>("Member")
            .AddField<MemberUnlocks>("Member")
            .AddField<MemberHistory>("Member")
            .AddMutation<GrantTier>()
            .AddMutation<RevokeUnlock>()
            .AddField<MemberNextTier>("Member")
            .AddField<MemberExplanation>("Member")
            .AddField<ViewerMemberships>("Viewer")
            .AddField<UnlockRule>("Unlock")
            .AddField<LinkCardMember>("LinkCardPayload")
            .AddField<TransactionMember>("Transaction")
            .AddField<TransactionUnlocks>("Transaction")
            .AddField<TransactionPerformer>("Transaction")
            .AddField<TransactionEvaluation>("Transaction")
            .AddField<MembershipChangeMember>("MembershipChange")
            .AddLiveFeed<IVenue, MembershipChange, LiveMembershipFeed>()
            .AddSubscription<TierUnlocked>()
            .AddSubscription<MembershipChanged>();
    }
}
