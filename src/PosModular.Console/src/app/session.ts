import { useSyncExternalStore } from "react";

/** What the host says about signing in, from GET /console.json. */
export interface ConsoleSettings {
  authority: string | null;
  clientId: string | null;
  scope: string | null;
  demo: { name: string; token: string }[];
}

export type SessionState = "none" | "signed-in" | "expired";

const TokenKey = "posmodular.token";
const listeners = new Set<() => void>();
let token = sessionStorage.getItem(TokenKey);
let state: SessionState = token ? "signed-in" : "none";

function publish(): void {
  for (const listener of listeners) listener();
}

/** The bearer token. It is kept in sessionStorage alone, so it ends with the tab. */
export function currentToken(): string | null {
  return token;
}

export function signIn(newToken: string): void {
  token = newToken.trim();
  sessionStorage.setItem(TokenKey, token);
  state = "signed-in";
  publish();
}

export function signOut(): void {
  token = null;
  sessionStorage.removeItem(TokenKey);
  state = "none";
  publish();
}

/** The host has refused the token. The page stays as it is and asks for another one. */
export function expire(): void {
  if (state !== "signed-in") return;
  state = "expired";
  publish();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function onSessionChange(listener: () => void): () => void {
  return subscribe(listener);
}

export function useSession(): SessionState {
  return useSyncExternalStore(subscribe, () => state);
}

export async function loadSettings(): Promise<ConsoleSettings> {
  const none = { authority: null, clientId: null, scope: null, demo: [] };
  try {
    const response = await fetch("/console.json", { headers: { Accept: "application/json" } });
    return response.ok ? { ...none, ...((await response.json()) as Partial<ConsoleSettings>) } : none;
  } catch {
    return none;
  }
}
