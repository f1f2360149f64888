import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { buildSchema, isObjectType } from 'graphql';
import { pay, sockets, token, url, venueId } from './venue.js';
import { connect, followTransactions } from './urql.js';

const client = connect(url, token);
const warnings = [];
console.warn = (...message) => warnings.push(message.join(' '));

const TRANSACTIONS = `
  query Transactions($venueId: ID!, $first: Int!, $after: String) {
    venue(id: $venueId) {
      id
      transactions(first: $first, after: $after, order: OLDEST_FIRST) {
        nodes { id cursor externalId status total { amountMinor currency } tip { amountMinor } card { last4 } member { id } }
        pageInfo { hasNextPage endCursor }
      }
      revenue(period: ALL) { count total { amountMinor } }
      spendRules { id name enabled }
    }
    viewer { id memberships { venueId } }
  }`;
const read = async (variables, requestPolicy = 'network-only') => {
  const { data, error } = await client.query(TRANSACTIONS, { venueId, first: 200, ...variables }, { requestPolicy });
  if (error) throw error;
  return data.venue;
};
const next = (after) => new Promise((resolve, reject) => {
  const end = followTransactions(client, venueId, after, (transaction) => { resolve(transaction); setImmediate(end); }, reject);
});

await pay({ id: 'before', amount: 500 });
const before = (await read()).transactions.nodes[0].cursor;

test('pages are joined in the cache', async () => {
  await pay({ id: 'second', amount: 600, minute: 1 });
  const { pageInfo } = (await read({ first: 1 })).transactions;
  await read({ first: 1, after: pageInfo.endCursor });
  const joined = await read({ first: 1 }, 'cache-only');
  assert.deepEqual(joined.transactions.nodes.map((t) => t.externalId), ['before', 'second']);
});

test('a mutation changes what other queries show', async () => {
  const create = 'mutation($input: CreateSpendRuleInput!) { createSpendRule(input: $input) { rule { id } errors { code } } }';
  const toggle = 'mutation($input: ToggleSpendRuleInput!) { toggleSpendRule(input: $input) { rule { id enabled } errors { code } } }';
  const { data } = await client.mutation(create, { input: { venueId, name: 'Fifty', threshold: 50, unlocksTier: 'REGULAR' } });
  assert.equal((await read()).spendRules[0].enabled, true);
  await client.mutation(toggle, { input: { ruleId: data.createSpendRule.rule.id, enabled: false } });
  assert.equal((await read({}, 'cache-only')).spendRules[0].enabled, false);
});

test('a subscription goes on from the last cursor after a lost connection', async () => {
  await pay({ id: 'third', amount: 700, minute: 2 });
  const received = [];
  await new Promise((resolve, reject) => {
    const end = followTransactions(client, venueId, before, ({ externalId }) => {
      received.push(externalId);
      if (externalId === 'third') {
        sockets.forEach((socket) => socket.terminate());
        pay({ id: 'fourth', amount: 800, minute: 3 }).catch(reject);
      }
      if (externalId === 'fourth') { end(); resolve(); }
    }, reject);
  });
  assert.deepEqual(received, ['second', 'third', 'fourth']);
});

test('a refused subscription reports its code', async () => {
  await assert.rejects(next('not a cursor'), (error) => error.graphQLErrors[0].extensions.code === 'INVALID_INPUT');
});

test('the cache does not go back in time', async () => {
  const { cursor } = (await read()).transactions.nodes.at(-1);
  await pay({ id: 'tab', amount: 2000, status: 'APPROVED', minute: 4 });
  await pay({ id: 'tab', amount: 2300, tip: 300, minute: 5 });
  await read();
  assert.equal((await next(cursor)).externalId, 'tab');

  const now = (await read({}, 'cache-only')).transactions.nodes.find((t) => t.externalId === 'tab');
  assert.deepEqual([now.status, now.total.amountMinor, now.tip.amountMinor], ['COMPLETED', 2300, 300]);
});

test('every type without an id has a key', async () => {
  const schema = buildSchema(await readFile('../../schema.graphql', 'utf8'));
  const withoutId = Object.values(schema.getTypeMap()).filter((type) =>
    isObjectType(type) && !type.getFields().id && !/^__|^(Query|Mutation|Subscription|PageInfo)$|(Connection|Edge|Payload)$/.test(type.name));
  const listed = (await readFile('urql.js', 'utf8')).matchAll(/(\w+): withoutId/g);
  assert.deepEqual([...listed].map(([, name]) => name), withoutId.map((type) => type.name).sort());
  assert.deepEqual(warnings, []);
});
