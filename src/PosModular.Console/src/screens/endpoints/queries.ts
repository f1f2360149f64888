import { graphql, type ResultOf } from "../../app/graphql";

export const EndpointsQuery = graphql(`
  query ConsoleEndpoints($venueId: ID!) {
    venue(id: $venueId) {
      webhookEndpoints {
        id
        url
        types
        enabled
        failingSince
        createdAt
      }
    }
  }
`);

export type Endpoint = NonNullable<ResultOf<typeof EndpointsQuery>["venue"]>["webhookEndpoints"][number];

/** The deliveries of all endpoints come with the list; there are at most 20 of them, and the one that is shown is picked out. */
export const DeliveriesQuery = graphql(`
  query ConsoleDeliveries($venueId: ID!, $status: DeliveryStatus, $first: Int!) {
    venue(id: $venueId) {
      webhookEndpoints {
        id
        deliveries(status: $status, first: $first) {
          nodes {
            id
            type
            status
            attempts
            createdAt
            nextAttemptAt
            deliveredAt
            response
            payload
          }
          pageInfo {
            hasNextPage
          }
        }
      }
    }
  }
`);

export const CreateMutation = graphql(`
  mutation ConsoleCreateEndpoint($input: CreateWebhookEndpointInput!) {
    createWebhookEndpoint(input: $input) {
      secret
      endpoint {
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

export const UpdateMutation = graphql(`
  mutation ConsoleUpdateEndpoint($input: UpdateWebhookEndpointInput!) {
    updateWebhookEndpoint(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

export const DeleteMutation = graphql(`
  mutation ConsoleDeleteEndpoint($input: DeleteWebhookEndpointInput!) {
    deleteWebhookEndpoint(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

export const RotateMutation = graphql(`
  mutation ConsoleRotateEndpoint($input: DeleteWebhookEndpointInput!) {
    rotateWebhookEndpointSecret(input: $input) {
      secret
      errors {
        code
        message
        field
      }
    }
  }
`);

export const TestMutation = graphql(`
  mutation ConsoleTestEndpoint($input: DeleteWebhookEndpointInput!) {
    testWebhookEndpoint(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

export const RedeliverMutation = graphql(`
  mutation ConsoleRedeliver($input: RedeliverInput!) {
    redeliver(input: $input) {
      deliveries
      errors {
        code
        message
        field
      }
    }
  }
`);
