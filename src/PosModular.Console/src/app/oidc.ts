import { UserManager, WebStorageStateStore } from "oidc-client-ts";
import { type ConsoleSettings, currentToken, signIn } from "./session";

const ReturnKey = "posmodular.return";

/** OpenID Connect by the code flow with PKCE. Loaded only when the host names an authority. */
export function createManager(settings: ConsoleSettings): UserManager {
  const manager = new UserManager({
    authority: settings.authority ?? "",
    client_id: settings.clientId ?? "",
    redirect_uri: `${location.origin}/`,
    silent_redirect_uri: `${location.origin}/`,
    scope: settings.scope ?? "openid profile",
    automaticSilentRenew: true,
    userStore: new WebStorageStateStore({ store: sessionStorage }),
  });
  manager.events.addUserLoaded((user) => signIn(user.access_token));
  return manager;
}

/** Sends the user to the authority; afterwards they come back to the address they came from. */
export async function startSignIn(settings: ConsoleSettings): Promise<void> {
  sessionStorage.setItem(ReturnKey, location.pathname + location.search);
  await createManager(settings).signinRedirect();
}

/** Completes a sign-in that the authority has just sent back. Returns the address to continue at; null when this is none. */
export async function completeSignIn(settings: ConsoleSettings): Promise<string | null> {
  const parameters = new URLSearchParams(location.search);
  const manager = createManager(settings);
  if (!parameters.has("state") || !(parameters.has("code") || parameters.has("error"))) {
    // A reload within the session goes on renewing the token.
    if (currentToken()) await manager.getUser();
    return null;
  }
  if (window.parent !== window) {
    await manager.signinSilentCallback();
    return null;
  }
  const user = await manager.signinRedirectCallback();
  signIn(user.access_token);
  const address = sessionStorage.getItem(ReturnKey) ?? "/";
  sessionStorage.removeItem(ReturnKey);
  return address;
}
