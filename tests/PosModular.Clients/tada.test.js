import assert from 'node:assert/strict';
import test from 'node:test';
import { compile, run } from './command.js';
import { pay, token, url, venueId } from './venue.js';

test('the inferred types compile and the compiled code reads transactions', async () => {
  await run('.', 'node_modules/gql.tada/bin/cli.js', 'generate-output', '--tsconfig', 'tada/tsconfig.json');
  await compile('tada');
  await pay({ id: 'sale', amount: 1234 });
  const { readTransactions } = await import('./build/tada/app.js');
  const [{ status, total, member }] = await readTransactions(url, token, venueId);
  assert.equal(status, 'COMPLETED');
  assert.equal(total.amountMinor, 1234);
  assert.equal(member, null);
});
