import { graphql, type ResultOf } from "./graphql";

/** Amounts as every screen shows them. */
export const MoneyFields = graphql(`
  fragment MoneyFields on Money @_unmask {
    amountMinor
    currency
    decimals
    formatted
  }
`);

/** The figures of a period, as Tonight and Revenue show them and as revenueChanged renews them. */
export const RevenueFields = graphql(
  `
    fragment RevenueFields on Revenue @_unmask {
      asOf
      from
      to
      currency
      count
      pendingChanges
      net {
        ...MoneyFields
      }
      total {
        ...MoneyFields
      }
      tip {
        ...MoneyFields
      }
      refunded {
        ...MoneyFields
      }
      pending {
        ...MoneyFields
      }
      average {
        ...MoneyFields
      }
      byPaymentMethod {
        key
        count
        net {
          ...MoneyFields
        }
      }
      byProvider {
        key
        count
        net {
          ...MoneyFields
        }
      }
      otherCurrencies {
        currency
        count
        net {
          ...MoneyFields
        }
      }
      previous {
        to
        net {
          ...MoneyFields
        }
      }
    }
  `,
  [MoneyFields],
);

export type RevenueFigures = ResultOf<typeof RevenueFields>;

export const RevenueChangedSubscription = graphql(
  `
    subscription ConsoleRevenueChanged($venueId: ID!) {
      revenueChanged(venueId: $venueId) {
        ...RevenueFields
      }
    }
  `,
  [RevenueFields],
);

export const ViewerQuery = graphql(`
  query ConsoleViewer {
    viewer {
      userId
      roles
      ownedVenueIds
    }
    venues(first: 200) {
      nodes {
        id
        name
      }
    }
  }
`);

/** What a screen must know of the venue's clock. For owners and moderators alike. */
export const VenueQuery = graphql(`
  query ConsoleVenue($venueId: ID!) {
    venue(id: $venueId) {
      id
      name
      timeZone
      dayCutoff
      currency
      today
    }
  }
`);
