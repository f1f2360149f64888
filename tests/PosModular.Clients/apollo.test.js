import './venue.js';
import assert from 'node:assert/strict';
import test from 'node:test';
import { gql } from '@apollo/client';
import { firstValueFrom, take, tap, toArray } from 'rxjs';
import { connect, followTransactions } from './apollo.js';
import { getToken, pay, sockets, url, venueId } from './venue.js';

const client = connect(url, getToken);
const TRANSACTIONS = gql`
  query Transactions($venueId: ID!, $first: Int!, $after: String) {
    venue(id: $venueId) {
      id
      transactions(first: $first, after: $after, order: OLDEST_FIRST) {
        edges { node { id cursor externalId status total { amountMinor currency } tip { amountMinor } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }`;
const read = async (variables) =>
  (await client.query({ query: TRANSACTIONS, variables: { venueId, ...variables }, fetchPolicy: 'network-only' })).data;
const nodes = ({ venue }) => venue.transactions.edges.map((edge) => edge.node);

await pay({ id: 'before', amount: 500 });
const [{ cursor: before }] = nodes(await read({ first: 1 }));

test('pages are joined in the cache', async () => {
  await pay({ id: 'second', amount: 600, minute: 1 });
  const { venue } = await read({ first: 1 });
  const variables = { venueId, first: 1 };
  const query = client.watchQuery({ query: TRANSACTIONS, variables });
  const subscription = query.subscribe(() => {});
  await query.fetchMore({ variables: { after: venue.transactions.pageInfo.endCursor } });
  assert.deepEqual(nodes(client.readQuery({ query: TRANSACTIONS, variables })).map((t) => t.externalId), ['before', 'second']);
  subscription.unsubscribe();
});

test('a refused subscription reports its code', async () => {
  await assert.rejects(firstValueFrom(followTransactions(client, venueId, 'not a cursor')),
    (error) => error.errors[0].extensions.code === 'INVALID_INPUT');
});

test('a mutation changes what other queries show', async () => {
  const RULES = gql`query Rules($venueId: ID!) { venue(id: $venueId) { id spendRules { id name enabled } } }`;
  const { data: { createSpendRule: { rule } } } = await client.mutate({
    mutation: gql`
      mutation Create($input: CreateSpendRuleInput!) { createSpendRule(input: $input) { rule { id } errors { code message } } }`,
    variables: { input: { venueId, name: 'Fifty', threshold: '50', unlocksTier: 'REGULAR' } },
  });
  await client.query({ query: RULES, variables: { venueId } });
  await client.mutate({
    mutation: gql`
      mutation Toggle($input: ToggleSpendRuleInput!) {
        toggleSpendRule(input: $input) { rule { id enabled } errors { code message } }
      }`,
    variables: { input: { ruleId: rule.id, enabled: false } },
  });
  assert.equal(client.readQuery({ query: RULES, variables: { venueId } }).venue.spendRules[0].enabled, false);
});

test('linking a card changes the transactions and the member that other queries show', async () => {
  const CARDS = gql`
    query Cards($venueId: ID!) {
      venue(id: $venueId) {
        id
        transactions { edges { node { id externalId userId card { token } member { id lifetimeSpend { amountMinor } } } } }
      }
    }`;
  await pay({ id: 'by-card', amount: 900, minute: 6, card: 'card-of-a-guest' });
  const { data } = await client.query({ query: CARDS, variables: { venueId } });
  const cardToken = nodes(data).find((t) => t.externalId === 'by-card').card.token;
  await client.mutate({
    mutation: gql`
      mutation Link($input: LinkCardInput!) {
        linkCard(input: $input) {
          member { id lifetimeSpend { amountMinor } } transactions { id userId member { id } } errors { code message }
        }
      }`,
    variables: { input: { venueId, userId: 'guest', cardToken } },
  });
  const linked = nodes(client.readQuery({ query: CARDS, variables: { venueId } })).find((t) => t.externalId === 'by-card');
  assert.deepEqual([linked.userId, linked.member.lifetimeSpend[0].amountMinor], ['guest', 900]);
});

test('a subscription goes on from the last cursor after a lost connection', async () => {
  const cut = () => sockets.forEach((socket) => socket.terminate());
  await pay({ id: 'third', amount: 700, minute: 2 });
  const received = await firstValueFrom(followTransactions(client, venueId, before).pipe(
    tap(async ({ externalId }) => {
      if (externalId !== 'third') return;
      cut();
      await pay({ id: 'fourth', amount: 800, minute: 3 });
    }),
    take(4),
    toArray(),
  ));
  assert.deepEqual(received.map((t) => t.externalId), ['second', 'by-card', 'third', 'fourth']);
});

test('the cache does not go back in time', async () => {
  const [{ cursor }] = nodes(await read({ first: 200 })).slice(-1);
  await pay({ id: 'tab', amount: 2000, status: 'APPROVED', minute: 4 });
  await pay({ id: 'tab', amount: 2300, tip: 300, minute: 5 });
  const cached = nodes(await read({ first: 200 })).find((t) => t.externalId === 'tab');
  const event = await firstValueFrom(followTransactions(client, venueId, cursor));

  assert.equal(event.externalId, 'tab');
  const now = client.cache.readFragment({
    id: client.cache.identify(cached),
    fragment: gql`fragment Now on Transaction { status total { amountMinor } tip { amountMinor } }`,
  });
  assert.deepEqual([now.status, now.total.amountMinor, now.tip.amountMinor], ['COMPLETED', 2300, 300]);
});
