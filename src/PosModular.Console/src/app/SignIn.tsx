import { createContext, type FormEvent, type ReactNode, use, useState } from "react";
import { type ConsoleSettings, signIn, useSession } from "./session";

export const SettingsContext = createContext<ConsoleSettings>({ authority: null, clientId: null, scope: null, demo: [] });

/** Asks for a token before anything is shown. When a token has run out, the page stays and asks for another one below. */
export function SignInGate({ children }: { children: ReactNode }) {
  const session = useSession();
  if (session === "none")
    return (
      <main className="door">
        <div>
          <h1>PosModular</h1>
          <p className="quiet">Who came back, who has earned the inner circle, and whether last night's figure is true.</p>
        </div>
        <SignInChoices />
      </main>
    );
  return (
    <>
      {children}
      {session === "expired" ? (
        <section className="expired" aria-label="Sign in again" role="alert">
          <p>Your session has ended. The figures on this page are no longer renewed.</p>
          <SignInChoices />
        </section>
      ) : null}
    </>
  );
}

function SignInChoices() {
  const settings = use(SettingsContext);
  const [token, setToken] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim()) signIn(token);
  };
  return (
    <div className="form">
      {settings.demo.length > 0 ? (
        <div className="form">
          <p className="quiet">This host runs in Development. Look around as:</p>
          <div className="filters">
            {settings.demo.map((choice) => (
              <button type="button" key={choice.name} className="button main" onClick={() => signIn(choice.token)}>
                {choice.name}
              </button>
            ))}
          </div>
        </div>
      ) : null}
      {settings.authority && settings.clientId ? (
        <button
          type="button"
          className="button main"
          onClick={() => void import("./oidc").then((oidc) => oidc.startSignIn(settings))}
        >
          Sign in
        </button>
      ) : null}
      <form className="filters" onSubmit={submit}>
        <label className="field">
          <span>Access token</span>
          <input
            className="input"
            type="password"
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        </label>
        <button type="submit" className="button" disabled={!token.trim()}>
          Use this token
        </button>
      </form>
      <p className="quiet small">A token is kept in this tab alone and is forgotten with it.</p>
    </div>
  );
}
