import { graphql, type ResultOf } from "../../app/graphql";
import { MoneyFields } from "../../app/queries";

/** A transaction as a line of a list. */
export const LineFields = graphql(
  `
    fragment LineFields on Transaction @_unmask {
      id
      externalId
      occurredAt
      businessDate
      provider
      status
      paymentMethod
      userId
      cursor
      card {
        brand
        last4
        token
      }
      total {
        ...MoneyFields
      }
      net {
        ...MoneyFields
      }
      tip {
        ...MoneyFields
      }
    }
  `,
  [MoneyFields],
);

export type Line = ResultOf<typeof LineFields>;

/** The list begins at the end of the feed that is read beside it, so that the subscription goes on exactly behind it. */
export const ListQuery = graphql(
  `
    query ConsoleTransactions($venueId: ID!, $filter: TransactionFilter, $order: TransactionOrder, $first: Int, $after: String) {
      venue(id: $venueId) {
        feedCursor
        transactions(filter: $filter, order: $order, first: $first, after: $after) {
          nodes {
            ...LineFields
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  `,
  [LineFields],
);

/** What the filtered add up to, by currency. */
export const TotalsQuery = graphql(
  `
    query ConsoleTransactionTotals($venueId: ID!, $filter: TransactionFilter) {
      venue(id: $venueId) {
        transactions(filter: $filter, first: 1) {
          totals {
            currency
            count
            net {
              ...MoneyFields
            }
            tip {
              ...MoneyFields
            }
            refunded {
              ...MoneyFields
            }
          }
        }
      }
    }
  `,
  [MoneyFields],
);

/** How many decimals the venue's currency has, for the amounts that people type. */
export const DecimalsQuery = graphql(`
  query ConsoleDecimals($venueId: ID!) {
    venue(id: $venueId) {
      revenue(period: DAY) {
        net {
          decimals
        }
      }
    }
  }
`);

export const ChangedSubscription = graphql(
  `
    subscription ConsoleTransactionChanged($venueId: ID!, $after: String) {
      transactionChanged(venueId: $venueId, after: $after) {
        ...LineFields
      }
    }
  `,
  [LineFields],
);

export const DetailQuery = graphql(
  `
    query ConsoleTransaction($venueId: ID!, $id: ID!) {
      venue(id: $venueId) {
        transaction(id: $id) {
          ...LineFields
          externalOrderId
          recordedAt
          matchedBy
          identityKinds
          breakdownComplete
          performerId
          subtotal {
            ...MoneyFields
          }
          tax {
            ...MoneyFields
          }
          discount {
            ...MoneyFields
          }
          serviceCharge {
            ...MoneyFields
          }
          refunded {
            ...MoneyFields
          }
          refunds {
            id
            createdAt
            reason
            status
            externalId
            amount {
              ...MoneyFields
            }
          }
          unlocks {
            id
            tier
            ruleName
            unlockedAt
            revokedAt
          }
          history {
            cursor
            recordedAt
            applied
            cause
            causeId
            status
            userId
            total {
              ...MoneyFields
            }
            tip {
              ...MoneyFields
            }
            refunded {
              ...MoneyFields
            }
          }
        }
      }
    }
  `,
  [LineFields, MoneyFields],
);

export const AssignMutation = graphql(`
  mutation ConsoleAssign($input: AssignTransactionInput!) {
    assignTransaction(input: $input) {
      transaction {
        id
      }
      errors {
        code
        message
        field
      }
    }
  }
`);

export const LinkIdentityMutation = graphql(`
  mutation ConsoleLinkIdentity($input: LinkIdentityInput!) {
    linkIdentity(input: $input) {
      matchedTransactions
      errors {
        code
        message
        field
      }
    }
  }
`);

export const ClaimCodeMutation = graphql(`
  mutation ConsoleCreateClaimCode($input: CreateClaimCodeInput!) {
    createClaimCode(input: $input) {
      code
      expiresAt
      errors {
        code
        message
        field
      }
    }
  }
`);
