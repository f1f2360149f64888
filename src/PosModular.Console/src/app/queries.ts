import { graphql } from "./graphql";

/** Amounts as every screen shows them. */
export const MoneyFields = graphql(`
  fragment MoneyFields on Money @_unmask {
    amountMinor
    currency
    decimals
    formatted
  }
`);

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
