import { graphql } from "../../app/graphql";
import { MoneyFields, RevenueFields } from "../../app/queries";
import { LineFields } from "../transactions/queries";

/** The business day that is running. */
export const DayQuery = graphql(
  `
    query ConsoleTonight($venueId: ID!, $today: LocalDate!) {
      venue(id: $venueId) {
        revenue(period: DAY, on: $today) {
          ...RevenueFields
        }
      }
    }
  `,
  [RevenueFields],
);

/** The hours of the day and of the same day a week before. */
export const HoursQuery = graphql(
  `
    query ConsoleHours(
      $venueId: ID!
      $today: LocalDate!
      $tomorrow: LocalDate!
      $before: LocalDate!
      $dayAfter: LocalDate!
    ) {
      venue(id: $venueId) {
        revenue(period: DAY, on: $today) {
          asOf
        }
        now: revenueSeries(from: $today, to: $tomorrow, by: HOUR) {
          from
          to
          label
          count
          net {
            ...MoneyFields
          }
        }
        before: revenueSeries(from: $before, to: $dayAfter, by: HOUR) {
          from
          to
          net {
            ...MoneyFields
          }
        }
      }
    }
  `,
  [MoneyFields],
);

export const MatchQuery = graphql(`
  query ConsoleMatchRate($venueId: ID!, $today: LocalDate!) {
    venue(id: $venueId) {
      matchRate(period: DAY, on: $today) {
        rate
        sales
        matched
        unmatched {
          reason
          sales
        }
      }
    }
  }
`);

export const StageQuery = graphql(`
  query ConsoleStage($venueId: ID!) {
    venue(id: $venueId) {
      liveSessions(first: 5) {
        nodes {
          id
          performerId
          startedAt
          endedAt
        }
      }
    }
  }
`);

export const HealthQuery = graphql(`
  query ConsoleHealth($venueId: ID!) {
    venue(id: $venueId) {
      posConnections {
        id
        provider
        status
        locationName
        externalLocationId
        quietSince
        statusReason {
          message
        }
      }
    }
  }
`);

export const LatestQuery = graphql(
  `
    query ConsoleLatest($venueId: ID!) {
      venue(id: $venueId) {
        feedCursor
        transactions(first: 12) {
          nodes {
            ...LineFields
          }
        }
      }
    }
  `,
  [LineFields],
);

export const UnlockedSubscription = graphql(`
  subscription ConsoleUnlocked($venueId: ID!, $after: String) {
    tierUnlocked(venueId: $venueId, after: $after) {
      id
      cursor
      tier
      userId
      ruleName
      unlockedAt
    }
  }
`);
