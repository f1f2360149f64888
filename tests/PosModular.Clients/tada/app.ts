import { Client, fetchExchange } from '@urql/core';
import { graphql } from './graphql.js';

const TRANSACTIONS = graphql(`
  query Transactions($venueId: ID!, $first: Int!) {
    venue(id: $venueId) {
      transactions(first: $first) { nodes { id occurredAt status total { amountMinor currency } member { userId tier } } }
    }
  }`);

export async function readTransactions(url: string, token: string, venueId: string) {
  const client = new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${token}` } },
    exchanges: [fetchExchange],
  });
  const { data, error } = await client.query(TRANSACTIONS, { venueId, first: 10 });
  if (error) throw error;
  return data?.venue?.transactions.nodes ?? [];
}
