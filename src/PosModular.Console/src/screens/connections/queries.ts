import { graphql, type ResultOf } from "../../app/graphql";

export const ConnectionFields = graphql(`
  fragment ConnectionFields on PosConnection @_unmask {
    id
    provider
    environment
    status
    statusReason {
      code
      message
    }
    externalLocationId
    locationName
    merchantName
    timeZone
    connectedAt
    lastGoodCallAt
    credentialsExpireAt
    quietSince
    transactionCount
    sync {
      enabled
      intervalSeconds
      lastSyncAt
      nextSyncAt
      processRules
      recentErrors {
        at
        code
        message
      }
    }
    webhook {
      enabled
      notificationUrl
      subscriptionId
      lastEventAt
      refusedSignatures
      lastRefusal
      lastTest {
        at
        reached
        statusCode
        advice
      }
    }
  }
`);

export const ConnectionsQuery = graphql(
  `
    query ConsoleConnections($venueId: ID!) {
      venue(id: $venueId) {
        posConnections {
          ...ConnectionFields
          syncRuns(first: 5) {
            nodes {
              id
              trigger
              status
              progress
              from
              to
              startedAt
              finishedAt
              created
              updated
              unchanged
              error {
                message
              }
            }
          }
        }
      }
    }
  `,
  [ConnectionFields],
);

export type Connection = NonNullable<ResultOf<typeof ConnectionsQuery>["venue"]>["posConnections"][number];

export const ConnectionChangedSubscription = graphql(
  `
    subscription ConsoleConnectionChanged($venueId: ID!) {
      connectionChanged(venueId: $venueId) {
        ...ConnectionFields
      }
    }
  `,
  [ConnectionFields],
);

export const ProgressSubscription = graphql(`
  subscription ConsoleSyncProgressed($venueId: ID!) {
    syncProgressed(venueId: $venueId) {
      id
      progress
      status
    }
  }
`);

export const ValidateMutation = graphql(`
  mutation ConsoleValidate($input: PosCredentialsInput!) {
    validatePosCredentials(input: $input) {
      valid
      merchantName
      locationName
      timeZone
      currency
      dayCutoff
      missingScopes
      errors {
        code
        message
        field
      }
    }
  }
`);

export const ConnectMutation = graphql(`
  mutation ConsoleConnect($input: ConnectPosInput!) {
    connectPos(input: $input) {
      connection {
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

export const SyncMutation = graphql(`
  mutation ConsoleSync($input: SyncTransactionsInput!) {
    syncTransactions(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

export const TestMutation = graphql(`
  mutation ConsoleTestWebhook($input: TestWebhookInput!) {
    testWebhook(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

export const RotateMutation = graphql(`
  mutation ConsoleRotateKey($input: RotateWebhookKeyInput!) {
    rotateWebhookKey(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

export const UpdateMutation = graphql(`
  mutation ConsoleUpdateConnection($input: UpdatePosConnectionInput!) {
    updatePosConnection(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

export const DisconnectMutation = graphql(`
  mutation ConsoleDisconnect($input: DisconnectPosInput!) {
    disconnectPos(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);
