import { GraphQLClient } from 'graphql-request';
import { graphql } from './gql/index.js';

const TRANSACTIONS = graphql(`
  query Transactions($venueId: ID!, $first: Int!) {
    venue(id: $venueId) {
      transactions(first: $first) { nodes { id occurredAt status total { amountMinor currency } member { userId tier } } }
    }
  }`);

export async function readTransactions(url: string, token: string, venueId: string) {
  const client = new GraphQLClient(url, { headers: { authorization: `Bearer ${token}` } });
  const { venue } = await client.request(TRANSACTIONS, { venueId, first: 10 });
  return venue?.transactions.nodes ?? [];
}
