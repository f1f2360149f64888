import assert from 'node:assert/strict';
import test from 'node:test';
import { createRule } from './graphql-request.js';
import { token, url, venueId } from './venue.js';

const input = { venueId, name: 'Fifty', threshold: '49.99', unlocksTier: 'REGULAR' };

test('a mutation answers with its result or with what was wrong', async () => {
  const { rule, errors } = await createRule(url, token, input);
  assert.deepEqual([rule.name, rule.threshold.formatted, errors], ['Fifty', '$49.99', []]);

  const refused = await createRule(url, token, { ...input, threshold: -1 });
  assert.deepEqual([refused.rule, refused.errors[0].code, refused.errors[0].field], [null, 'INVALID_INPUT', 'threshold']);
});

test('a request that is refused throws its code', async () => {
  await assert.rejects(createRule(url, 'not a token', input), { message: 'UNAUTHENTICATED' });
  await assert.rejects(createRule(url, token, { ...input, venueId: 'elsewhere' }), /NOT_FOUND|FORBIDDEN/);
});
