import { graphql, type ResultOf } from "../../app/graphql";
import { MoneyFields } from "../../app/queries";

/** How a business date compares, without figures, which are for owners. */
export const StateFields = graphql(`
  fragment StateFields on Reconciliation @_unmask {
    businessDate
    state
    checkedAt
    reason {
      code
      message
    }
  }
`);

export type ReconciliationStates = ResultOf<typeof StateFields>;

export const CalendarQuery = graphql(
  `
    query ConsoleReconciliations($venueId: ID!, $from: LocalDate!, $to: LocalDate!) {
      venue(id: $venueId) {
        reconciliations(from: $from, to: $to) {
          ...StateFields
        }
      }
    }
  `,
  [StateFields],
);

export const DateQuery = graphql(
  `
    query ConsoleReconciliation($venueId: ID!, $date: LocalDate!) {
      venue(id: $venueId) {
        reconciliation(businessDate: $date) {
          ...StateFields
        }
      }
    }
  `,
  [StateFields],
);

const SumsFields = graphql(
  `
    fragment SumsFields on ReconciledSums @_unmask {
      count
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
  `,
  [MoneyFields],
);

export type Sums = ResultOf<typeof SumsFields>;

/** The figures of a business date, for owners. */
export const FiguresQuery = graphql(
  `
    query ConsoleReconciledFigures($venueId: ID!, $date: LocalDate!) {
      venue(id: $venueId) {
        posConnections {
          id
          provider
          locationName
          externalLocationId
        }
        reconciliation(businessDate: $date) {
          byConnection {
            connectionId
            currency
            ours {
              ...SumsFields
            }
            oursBefore {
              ...SumsFields
            }
            theirs {
              ...SumsFields
            }
            differing {
              externalId
              transactionId
              kind
              repaired
              detail
              ours {
                ...MoneyFields
              }
              theirs {
                ...MoneyFields
              }
            }
          }
        }
      }
    }
  `,
  [MoneyFields, SumsFields],
);

export const ReconciliationChangedSubscription = graphql(
  `
    subscription ConsoleReconciliationChanged($venueId: ID!) {
      reconciliationChanged(venueId: $venueId) {
        ...StateFields
      }
    }
  `,
  [StateFields],
);

export const ReconcileMutation = graphql(`
  mutation ConsoleReconcile($input: ReconcileDayInput!) {
    reconcileDay(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);
