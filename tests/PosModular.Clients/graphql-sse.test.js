import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { followTransactions } from './graphql-sse.js';
import { getToken, pay, token, url, venueId } from './venue.js';

const everything = `query($venueId: ID!) { venue(id: $venueId) { transactions(order: OLDEST_FIRST) { nodes { cursor } } } }`;

/** Forwards to the host and can cut off every connection. */
const proxy = http.createServer((request, response) => {
  const forwarded = http.request(url, { method: request.method, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  });
  response.on('close', () => forwarded.destroy());
  forwarded.on('error', () => response.destroy());
  request.pipe(forwarded);
});
await new Promise((listening) => proxy.listen(0, '127.0.0.1', listening));
test.after(() => { proxy.closeAllConnections(); proxy.close(); });

test('a subscription goes on from the last cursor after a lost connection', async () => {
  await pay({ id: 'before', amount: 500 });
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: everything, variables: { venueId } }),
  });
  const [{ cursor }] = (await response.json()).data.venue.transactions.nodes;
  await pay({ id: 'second', amount: 600, minute: 1 });

  const received = [];
  for await (const { externalId } of followTransactions(`http://127.0.0.1:${proxy.address().port}/graphql`, getToken, venueId, cursor)) {
    received.push(externalId);
    if (externalId === 'third') break;
    proxy.closeAllConnections();
    await pay({ id: 'third', amount: 700, minute: 2 });
  }
  assert.deepEqual(received, ['second', 'third']);
});

test('a refused subscription throws its code', async () => {
  await assert.rejects(followTransactions(url, async () => 'not a token', venueId).next(), { message: 'UNAUTHENTICATED' });
});
