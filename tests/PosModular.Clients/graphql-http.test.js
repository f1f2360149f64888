// The audit of the GraphQL over HTTP specification, by its own reference implementation.
import test from 'node:test';
import { serverAudits } from 'graphql-http';
import { token, url } from './venue.js';

const signedIn = (address, request = {}) => fetch(address, { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });

for (const audit of serverAudits({ url, fetchFn: signedIn })) {
  test(audit.name, async () => {
    const result = await audit.fn();
    if (result.status !== 'ok') throw new Error(`${result.status}: ${result.reason}`);
  });
}
