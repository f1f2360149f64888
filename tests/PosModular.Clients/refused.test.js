// Each row of "What is refused, and why" in docs/clients.md.
import assert from 'node:assert/strict';
import test from 'node:test';
import { WebSocket } from 'ws';
import { token, url, venueId } from './venue.js';

const subscription = `subscription { transactionAdded(venueId: "${venueId}") { id } }`;
const send = (body, { headers, ...request } = {}) => fetch(url, {
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
  ...request,
});
const firstMessage = async (response) => (await response.json()).errors[0].message;
const closeCode = (protocol, options) => new Promise((resolve) => {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocol, options);
  socket.on('close', resolve);
  socket.on('unexpected-response', (_, response) => { resolve(response.statusCode); socket.terminate(); });
  socket.on('error', () => {});
});

test('a batch', async () => {
  const response = await send([{ query: '{ viewer { userId } }' }, { query: '{ viewer { userId } }' }]);
  assert.equal(response.status, 400);
  assert.match(await firstMessage(response), /^Batches are not accepted\./);
});

test('a subscription as multipart/mixed', async () => {
  const accept = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json';
  assert.match(await firstMessage(await send({ query: subscription }, { headers: { accept } })), /^A subscription needs a stream/);
});

test('server-sent events in the single connection mode', async () => {
  assert.equal((await send(undefined, { method: 'PUT' })).status, 405);
});

test('a WebSocket of the protocol before graphql-transport-ws', async () => {
  assert.equal(await closeCode('graphql-ws'), 1006);
  assert.equal(await closeCode([]), 4406);
});

test('@defer', async () => {
  assert.match(await firstMessage(await send({ query: '{ viewer { ... @defer { userId } } }' })), /defer/);
});

test('an upload', async () => {
  const body = new FormData();
  body.append('operations', JSON.stringify({ query: '{ viewer { userId } }' }));
  assert.equal((await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body })).status, 415);
});

test('a mutation by GET', async () => {
  const query = `mutation { deleteSpendRule(input: { ruleId: "0" }) { errors { code } } }`;
  const response = await fetch(`${url}?${new URLSearchParams({ query })}`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 405);
});

test('a WebSocket of a page whose origin is not listed', async () => {
  assert.equal(await closeCode('graphql-transport-ws', { origin: 'https://stranger.example.test' }), 403);
});
