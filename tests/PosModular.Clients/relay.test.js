import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import test from 'node:test';
import relay from 'relay-runtime';
import { run } from './command.js';
import { connect } from './relay/environment.js';
import { getToken, pay, url, venueId } from './venue.js';

const { fetchQuery, getSelector, requestSubscription } = relay;
const require = createRequire(import.meta.url);
const artifact = (name) => require(`./relay/__generated__/${name}.graphql`);

await run('relay', '../node_modules/relay-compiler/cli.js', 'relay.config.json');
await writeFile('relay/__generated__/package.json', '{"type":"commonjs"}'); // what the compiler writes; a bundler knows it
const environment = connect(url, getToken);
const fetched = (name, variables) => fetchQuery(environment, artifact(name), variables, { fetchPolicy: 'network-only' }).toPromise();
const row = (reference) => environment.lookup(getSelector(artifact('transactionsRow'), reference)).data;

await pay({ id: 'first', amount: 1234 });
const { venue } = await fetched('transactionsVenueQuery', { venueId });

test('a fragment on a venue reads its next page by the id of the venue', async () => {
  assert.equal(venue.name, venueId);
  await pay({ id: 'second', amount: 500, minute: 1 });
  const { node } = await fetched('transactionsListQuery', { id: venue.id, count: 1, cursor: null });
  const list = environment.lookup(getSelector(artifact('transactionsList'), node)).data;
  assert.equal(row(list.transactions.edges[0].node).externalId, 'second');
});

test('a fragment on a transaction is read again by its id, and a subscription does not take it back in time', async () => {
  const list = environment.lookup(getSelector(artifact('transactionsList'), venue)).data;
  const { id } = list.transactions.edges[0].node;
  const { node } = await fetched('transactionsRowQuery', { id });
  const { cursor, ...second } = row(node);
  assert.deepEqual(second, { id, externalId: 'second', status: 'COMPLETED', total: { formatted: '$5.00' } });

  await pay({ id: 'tab', amount: 2000, status: 'APPROVED', minute: 4 });
  await pay({ id: 'tab', amount: 2300, tip: 300, minute: 5 });
  const subscription = artifact('transactionsAddedSubscription');
  const received = await new Promise((resolve, reject) => {
    const { dispose } = requestSubscription(environment, {
      subscription, variables: { venueId, after: cursor }, onError: reject,
      onNext: ({ transactionAdded }) => {
        const { externalId, status, total } = row(transactionAdded);
        if (externalId !== 'tab') return;
        dispose();
        resolve([status, total.formatted]);
      },
    });
  });
  assert.deepEqual(received, ['COMPLETED', '$23.00']);
});

test('every document was compiled', async () => {
  const artifacts = (await readdir('relay/__generated__')).filter((name) => name.endsWith('.graphql.js'));
  assert.equal(artifacts.length, 6);
});
