// #region client
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

/** SHA-256 in hexadecimal. Browsers have it on https and on localhost. */
async function sha256(text) {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Stands before the HttpLink: `new PersistedQueryLink(...).concat(http)`. */
export const persistedQueries = new PersistedQueryLink({ sha256 });
// #endregion
