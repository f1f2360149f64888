import assert from 'node:assert/strict';
import test from 'node:test';
import { compile, run } from './command.js';
import { pay, token, url, venueId } from './venue.js';

test('the generated types compile and the compiled code reads transactions', async () => {
  await run('.', 'codegen/generate.js');
  await compile('codegen');
  await pay({ id: 'sale', amount: 1234 });
  const { readTransactions } = await import('./build/codegen/app.js');
  const [{ status, total, member }] = await readTransactions(url, token, venueId);
  assert.deepEqual([status, total, member], ['COMPLETED', { amountMinor: 1234, currency: 'USD' }, null]);
});
