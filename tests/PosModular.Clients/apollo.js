// #region client
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { defer, map, retry, throwError, timer } from 'rxjs';

/** A client for an address such as http://localhost:8080/graphql. Each request and each connection asks for the token anew. */
export function connect(url, getToken) {
  const authorization = async () => ({ authorization: `Bearer ${await getToken()}` });
  const http = new SetContextLink(async ({ headers }) => ({ headers: { ...headers, ...(await authorization()) } }))
    .concat(new HttpLink({ uri: url }));
  const webSocket = new GraphQLWsLink(createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: authorization,
    retryAttempts: 0, // followTransactions connects again, with the last cursor
  }));
  return new ApolloClient({
    link: ApolloLink.split(({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION, webSocket, http),
    cache: new InMemoryCache({
      typePolicies: {
        Venue: {
          fields: {
            transactions: relayStylePagination(['filter', 'order']),
            members: relayStylePagination(['tier']),
          },
        },
      },
    }),
  });
}
// #endregion

// #region resume
const TRANSACTION_ADDED = gql`
  subscription TransactionAdded($venueId: ID!, $after: String) {
    transactionAdded(venueId: $venueId, after: $after) { id cursor externalId status total { amountMinor currency } }
  }`;

/** An observable of the transactions after a cursor, each of them once. After a lost connection it goes on from the last one. */
export function followTransactions(client, venueId, after) {
  return defer(() => client.subscribe({ query: TRANSACTION_ADDED, variables: { venueId, after } })).pipe(
    map(({ data, error }) => {
      if (error) throw error;
      after = data.transactionAdded.cursor;
      return data.transactionAdded;
    }),
    retry({
      delay: (error, count) => CombinedGraphQLErrors.is(error) ? throwError(() => error) : timer(Math.min(500 * 2 ** count, 30_000)),
      resetOnSuccess: true,
    }),
  );
}
// #endregion
