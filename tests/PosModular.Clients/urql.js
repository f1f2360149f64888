// #region client
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { createClient } from 'graphql-ws';

const withoutId = () => null;

/** A client for an address such as http://localhost:8080/graphql. */
export function connect(url, token) {
  const authorization = `Bearer ${token}`;
  const webSocket = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: { authorization },
    retryAttempts: 0, // followTransactions connects again, with the last cursor
  });
  return new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization } },
    exchanges: [
      cacheExchange({
        // Types without an id of their own are kept inside what holds them.
        keys: {
          BusyHour: withoutId, Card: withoutId, Evaluation: withoutId, LiveWindow: withoutId, MatchRate: withoutId, Membership: withoutId,
          MembershipChange: withoutId, Money: withoutId, NextTier: withoutId, PortfolioRevenue: withoutId, ReconciledPayment: withoutId,
          ReconciledSums: withoutId, Reconciliation: withoutId, Revenue: withoutId, RevenuePoint: withoutId, RevenueSlice: withoutId,
          RuleApplication: withoutId,
          RuleCondition: withoutId, RuleExplanation: withoutId, RuleSimulation: withoutId, SimulatedUnlock: withoutId,
          SyncError: withoutId, SyncSettings: withoutId, TierChange: withoutId, TierCount: withoutId, TopSpender: withoutId,
          TransactionTotals: withoutId, TransactionVersion: withoutId, UnmatchedReason: withoutId, UserError: withoutId,
          WebhookSettings: withoutId, WebhookTest: withoutId,
        },
        resolvers: { Venue: { transactions: relayPagination(), members: relayPagination() } },
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({ subscribe: (sink) => ({ unsubscribe: webSocket.subscribe(request, sink) }) }),
      }),
    ],
  });
}
// #endregion

// #region resume
/**
 * Calls back for each transaction after a cursor, once; returns the function that ends it. After a lost connection it goes on from the
 * last one.
 */
export function followTransactions(client, venueId, after, onTransaction, onError = console.error) {
  const query = `subscription($venueId: ID!, $after: String) {
    transactionAdded(venueId: $venueId, after: $after) { id cursor externalId status total { amountMinor currency } }
  }`;
  let subscription, waiting, failures = 0;
  const begin = () => {
    subscription = client.subscription(query, { venueId, after }).subscribe(({ data, error }) => {
      if (error?.networkError) {
        waiting = setTimeout(begin, Math.min(500 * 2 ** ++failures, 30_000));
      } else if (error) {
        onError(error);
      } else {
        failures = 0;
        after = data.transactionAdded.cursor;
        onTransaction(data.transactionAdded);
      }
    });
  };
  begin();
  return () => { clearTimeout(waiting); subscription.unsubscribe(); };
}
// #endregion
