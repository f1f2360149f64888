import { graphql, type ResultOf } from "../../app/graphql";
import { MoneyFields } from "../../app/queries";
import { ExplanationFields } from "../rules/Explanation";

export const MemberQuery = graphql(
  `
    query ConsoleMember($venueId: ID!, $userId: ID!) {
      venue(id: $venueId) {
        member(userId: $userId) {
          id
          userId
          tier
          access
          firstSeenAt
          lastSeenAt
          lifetimeSpend {
            ...MoneyFields
          }
          nextTier {
            tier
            missing {
              ...MoneyFields
            }
            rule {
              name
            }
          }
          identities {
            id
            kind
            label
            provider
            linkedAt
            lastSeenAt
            transactionCount
          }
          unlocks {
            id
            tier
            ruleName
            reason
            unlockedAt
            revokedAt
            revokedReason
            spendAtUnlock {
              ...MoneyFields
            }
          }
          history {
            at
            from
            to
            reason
          }
        }
        transactions(filter: { userId: $userId }, first: 10) {
          nodes {
            id
            occurredAt
            status
            net {
              ...MoneyFields
            }
          }
        }
      }
    }
  `,
  [MoneyFields],
);

export type Found = NonNullable<ResultOf<typeof MemberQuery>["venue"]>;
export type Member = NonNullable<Found["member"]>;

/** The rules by name, for the question why one of them has not unlocked. */
export const RuleNamesQuery = graphql(`
  query ConsoleRuleNames($venueId: ID!) {
    venue(id: $venueId) {
      spendRules {
        id
        name
      }
    }
  }
`);

export const ExplainQuery = graphql(
  `
    query ConsoleExplain($venueId: ID!, $userId: ID!, $ruleId: ID!) {
      venue(id: $venueId) {
        member(userId: $userId) {
          explain(ruleId: $ruleId) {
            ...ExplanationFields
          }
        }
      }
    }
  `,
  [ExplanationFields],
);

export const UnlinkMutation = graphql(`
  mutation ConsoleUnlinkIdentity($input: UnlinkIdentityInput!) {
    unlinkIdentity(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

export const GrantMutation = graphql(`
  mutation ConsoleGrantTier($input: GrantTierInput!) {
    grantTier(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

export const RevokeMutation = graphql(`
  mutation ConsoleRevokeUnlock($input: RevokeUnlockInput!) {
    revokeUnlock(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

export const MergeMutation = graphql(`
  mutation ConsoleMergeMembers($input: MergeMembersInput!) {
    mergeMembers(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

export const ForgetMutation = graphql(`
  mutation ConsoleForgetMember($input: ForgetMemberInput!) {
    forgetMember(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);
