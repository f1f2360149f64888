// The package gql is not installed for the tests, so that they check only its operation. Python itself runs nowhere here.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { buildSchema, parse, validate } from 'graphql';

test('the operation fits the schema', async () => {
  const schema = buildSchema(await readFile('../../schema.graphql', 'utf8'));
  const [, operation] = (await readFile('python/follow_transactions.py', 'utf8')).match(/"""\n(\s+subscription.*?)"""/s);
  assert.deepEqual(validate(schema, parse(operation)), []);
});
