// node subscribe.mjs URL QUERY VARIABLES   (the access token is read from POS_TOKEN)
// Prints one JSON line for each message: connected, next, error, complete, closed.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, query, variables] = process.argv.slice(2);
const print = (type, value) => process.stdout.write(JSON.stringify({ type, value }) + '\n');

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  lazy: false,
  retryAttempts: 0,
  connectionParams: { authorization: `Bearer ${process.env.POS_TOKEN}` },
  on: {
    connected: () => print('connected', null),
    closed: (event) => { print('closed', { code: event.code, reason: event.reason }); process.exit(0); },
  },
});
client.subscribe({ query, variables: JSON.parse(variables || '{}') }, {
  next: (value) => print('next', value),
  error: (error) => print('error', error instanceof Error ? { message: error.message } : error),
  complete: () => { print('complete', null); client.dispose(); },
});
process.stdin.on('end', () => client.dispose()).resume();
