// node subscribe.mjs URL QUERY VARIABLES   (the token comes in POS_TOKEN)
// Prints one JSON line for each thing that happens: connected, next, error, complete, closed.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, query, variables] = process.argv.slice(2);
const say = (what, value) => process.stdout.write(JSON.stringify({ what, value }) + '\n');

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  lazy: false,
  retryAttempts: 0,
  connectionParams: { authorization: `Bearer ${process.env.POS_TOKEN}` },
  on: {
    connected: () => say('connected', null),
    closed: (event) => { say('closed', { code: event.code, reason: event.reason }); process.exit(0); },
  },
});
client.subscribe({ query, variables: JSON.parse(variables || '{}') }, {
  next: (value) => say('next', value),
  error: (error) => say('error', error instanceof Error ? { message: error.message } : error),
  complete: () => { say('complete', null); client.dispose(); },
});
process.stdin.on('end', () => client.dispose()).resume();
