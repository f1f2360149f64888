import { type FormEvent, useState } from "react";
import { type ResultOf, type VariablesOf } from "../../app/graphql";
import { useVenue } from "../../app/venue";
import { useApi, useSubscription } from "../../live/hooks";
import { request } from "../../live/request";
import { formatTime, words } from "../../time/time";
import { Modal } from "../../ui/Drawer";
import { Field, FormError } from "../../ui/Field";
import { State } from "../../ui/Panel";
import { useMutation } from "../../ui/useMutation";
import { LatestQuery } from "../tonight/queries";
import { ChangedSubscription } from "../transactions/queries";
import { ConnectMutation, ValidateMutation } from "./queries";

type Credentials = VariablesOf<typeof ValidateMutation>["input"];
type Checked = ResultOf<typeof ValidateMutation>["validatePosCredentials"];

const Fields = ["environment", "accessToken", "locationId", "clientId", "clientSecret", "apiKey"];

/** Connects a point of sale in three steps, and ends when its first transaction has appeared. */
export function Wizard({ close }: { close: () => void }) {
  const venue = useVenue();
  const { run, busy, error, clear } = useMutation();
  const [provider, setProvider] = useState<"SQUARE" | "TOAST">("SQUARE");
  const [environment, setEnvironment] = useState<"PRODUCTION" | "SANDBOX">("PRODUCTION");
  const [locationId, setLocationId] = useState("");
  const [accessToken, setAccessToken] = useState("");
  const [clientId, setClientId] = useState("");
  const [clientSecret, setClientSecret] = useState("");
  const [checked, setChecked] = useState<Checked | null>(null);
  const [connected, setConnected] = useState(false);
  const credentials: Credentials =
    provider === "SQUARE"
      ? { provider, environment, locationId: locationId.trim(), accessToken: accessToken.trim() }
      : { provider, environment, locationId: locationId.trim(), clientId: clientId.trim(), clientSecret: clientSecret.trim() };

  const change = (set: (value: string) => void) => (value: string) => {
    set(value);
    setChecked(null);
    clear();
  };
  const check = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const result = (await request(ValidateMutation, { input: credentials })).validatePosCredentials;
      setChecked(result);
      return result;
    });
  };
  const connect = () =>
    void run(
      async () => (await request(ConnectMutation, { input: { venueId: venue.id, credentials } })).connectPos,
      () => setConnected(true),
    );
  const environmentError = error?.field?.split(".").at(-1) === "environment" ? error.message : null;
  const usable = checked?.valid === true && checked.missingScopes.length === 0;

  if (connected)
    return (
      <Modal title="Connected" close={close}>
        <FirstTransaction venueId={venue.id} zone={venue.timeZone} />
        <div className="actions">
          <button type="button" className="button main" onClick={close}>
            Done
          </button>
        </div>
      </Modal>
    );
  return (
    <Modal title="Connect a point of sale" close={close}>
      <form className="form" onSubmit={check}>
        <div className="pair">
          <label className="field">
            <span>Provider</span>
            <select
              className="input"
              value={provider}
              onChange={(event) => {
                setProvider(event.target.value as "SQUARE" | "TOAST");
                setChecked(null);
                clear();
              }}
            >
              <option value="SQUARE">Square</option>
              <option value="TOAST">Toast</option>
            </select>
          </label>
          <div className="field">
            <label htmlFor="environment">Environment</label>
            <select
              id="environment"
              className="input"
              value={environment}
              aria-invalid={environmentError ? true : undefined}
              aria-describedby={environmentError ? "environment-error" : undefined}
              onChange={(event) => {
                setEnvironment(event.target.value as "PRODUCTION" | "SANDBOX");
                setChecked(null);
                clear();
              }}
            >
              <option value="PRODUCTION">Production</option>
              <option value="SANDBOX">Sandbox</option>
            </select>
            {environmentError ? (
              <span id="environment-error" className="error">
                {environmentError}
              </span>
            ) : null}
          </div>
        </div>
        {provider === "SQUARE" ? (
          <Field
            label="Access token"
            name="accessToken"
            type="password"
            error={error}
            value={accessToken}
            onChange={change(setAccessToken)}
            note="In the Square Developer Console: your application, Credentials."
            required
          />
        ) : (
          <div className="pair">
            <Field label="Client id" name="clientId" error={error} value={clientId} onChange={change(setClientId)} required />
            <Field
              label="Client secret"
              name="clientSecret"
              type="password"
              error={error}
              value={clientSecret}
              onChange={change(setClientSecret)}
              required
            />
          </div>
        )}
        <Field
          label={provider === "SQUARE" ? "Location id" : "Restaurant GUID"}
          name="locationId"
          error={error}
          value={locationId}
          onChange={change(setLocationId)}
          required
        />
        <FormError error={error} shown={Fields} />
        {checked && !error ? (
          <div role="status">
            {usable ? (
              <State tone="good">
                {checked.merchantName ?? words(provider)}, {checked.locationName ?? locationId}
                {checked.timeZone ? `, ${checked.timeZone}` : ""}
                {checked.currency ? `, ${checked.currency}` : ""}
              </State>
            ) : (
              <State tone="bad">
                {checked.missingScopes.length > 0
                  ? `The token lacks ${checked.missingScopes.join(", ")}. Give it these permissions and check again.`
                  : "The provider does not accept these credentials."}
              </State>
            )}
          </div>
        ) : null}
        <div className="actions">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className={usable ? "button" : "button main"} disabled={busy}>
            {busy ? "Asking the provider" : "Check"}
          </button>
          <button type="button" className="button main" disabled={busy || !usable} onClick={connect}>
            Connect
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** A moderator who is no owner may not see transactions; this says where they appear. */
function FirstTransaction({ venueId, zone }: { venueId: string; zone: string }) {
  const venue = useVenue();
  if (!venue.isOwner)
    return (
      <State tone="good">The history of this point of sale is being fetched. Its owner sees each payment within a second.</State>
    );
  return <Waiting venueId={venueId} zone={zone} />;
}

function Waiting({ venueId, zone }: { venueId: string; zone: string }) {
  const query = useApi(LatestQuery, { venueId }, { refreshSeconds: 5 });
  const [first, setFirst] = useState<string | null>(null);
  const cursor = query.data?.venue?.feedCursor;
  const stored = query.data?.venue?.transactions.nodes[0];
  useSubscription(
    ChangedSubscription,
    cursor !== undefined && !first ? { venueId, after: cursor } : undefined,
    (data: ResultOf<typeof ChangedSubscription>) => {
      setFirst(`${data.transactionChanged.net.formatted} at ${formatTime(data.transactionChanged.occurredAt, zone)}`);
      return data.transactionChanged.cursor;
    },
  );
  const text = first ?? (stored ? `${stored.net.formatted} at ${formatTime(stored.occurredAt, zone)}` : null);
  return text ? (
    <State tone="good">The first transaction is here: {text}.</State>
  ) : (
    <State tone="off">Waiting for the first transaction. Take a payment, or wait for the history.</State>
  );
}
