// #region client
import { createClient } from 'graphql-sse';

/** Yields each transaction after the cursor. Each connection asks for the token anew; after a lost one it goes on from the last cursor. */
export async function* followTransactions(url, getToken, venueId, after) {
  const client = createClient({ url, headers: async () => ({ authorization: `Bearer ${await getToken()}` }), retryAttempts: 0 });
  const query = `subscription($venueId: ID!, $after: String) {
    transactionAdded(venueId: $venueId, after: $after) { id cursor externalId status total { amountMinor currency } }
  }`;
  for (let failures = 0; ; await new Promise((wake) => setTimeout(wake, Math.min(500 * 2 ** failures++, 30_000)))) {
    try {
      for await (const { data, errors } of client.iterate({ query, variables: { venueId, after } })) {
        if (errors) throw new Error(errors[0].extensions.code);
        failures = 0;
        after = data.transactionAdded.cursor;
        yield data.transactionAdded;
      }
    } catch (error) {
      if (error.name !== 'NetworkError') throw error;
    }
  }
}
// #endregion
