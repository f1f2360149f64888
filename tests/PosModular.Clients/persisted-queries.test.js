import assert from 'node:assert/strict';
import test from 'node:test';
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { persistedQueries } from './persisted-queries.js';
import { token, url, venueId } from './venue.js';

const exchanges = [];
const http = new HttpLink({
  uri: url,
  headers: { authorization: `Bearer ${token}` },
  fetch: async (address, request) => {
    const response = await fetch(address, request);
    const { errors } = await response.clone().json();
    exchanges.push([Object.keys(JSON.parse(request.body)).includes('query') ? 'text' : 'hash', errors?.[0].extensions.code ?? 'answered']);
    return response;
  },
});
const client = new ApolloClient({ link: persistedQueries.concat(http), cache: new InMemoryCache() });

test('a query is registered once and then named by its hash', async () => {
  const query = gql`query Name($venueId: ID!) { venue(id: $venueId) { id name } }`;
  for (let i = 0; i < 2; i++) {
    const { data } = await client.query({ query, variables: { venueId }, fetchPolicy: 'network-only' });
    assert.equal(data.venue.name, venueId);
  }
  assert.deepEqual(exchanges, [['hash', 'PERSISTED_QUERY_NOT_FOUND'], ['text', 'answered'], ['hash', 'answered']]);
});
