// #region environment
import { createClient } from 'graphql-ws';
import { Environment, Network, Observable, RecordSource, Store } from 'relay-runtime';

/** An environment for an address such as http://localhost:8080/graphql. */
export function connect(url, getToken) {
  const authorization = async () => ({ authorization: `Bearer ${await getToken()}` });
  const webSocket = createClient({ url: url.replace(/^http/, 'ws'), connectionParams: authorization, retryAttempts: 0 });
  const execute = async ({ text }, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await authorization()) },
      body: JSON.stringify({ query: text, variables }),
    });
    return response.json();
  };
  const subscribe = ({ text }, variables) => Observable.create((sink) => webSocket.subscribe({ query: text, variables }, sink));
  return new Environment({ network: Network.create(execute, subscribe), store: new Store(new RecordSource()) });
}
// #endregion
