import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useVenue } from "../../app/venue";
import { request } from "../../live/request";
import { formatShort } from "../../time/time";
import { Modal } from "../../ui/Drawer";
import { Field, FormError } from "../../ui/Field";
import { Empty, Panel, State, type Tone } from "../../ui/Panel";
import { Table } from "../../ui/Table";
import { useMutation } from "../../ui/useMutation";
import { EndpointDrawer } from "./EndpointDrawer";
import { CreateMutation, type Endpoint, EndpointsQuery, UpdateMutation } from "./queries";

/** The types of events that an endpoint may receive, each with when it is sent. */
const Types = [
  ["membership.unlocked", "a guest was given a tier"],
  ["membership.revoked", "a tier was taken back"],
  ["transaction.created", "a payment was made"],
  ["connection.needs_attention", "a point of sale needs somebody"],
  ["connection.quiet", "a point of sale is unusually quiet"],
] as const;

/** How an endpoint is, in words: sending, failing, paused after days of failure, or switched off by somebody. */
export function stateOf(endpoint: Pick<Endpoint, "enabled" | "failingSince">, zone: string): { word: string; tone: Tone } {
  const since = endpoint.failingSince ? formatShort(endpoint.failingSince, zone) : null;
  if (endpoint.enabled) return since ? { word: `Fails since ${since}`, tone: "warn" } : { word: "Sends", tone: "good" };
  return since ? { word: `Paused; it has failed since ${since}`, tone: "bad" } : { word: "Off", tone: "off" };
}

/** Who else hears of it? */
export function Endpoints() {
  const venue = useVenue();
  const search = useSearch({ from: "/venues/$venueId/endpoints" });
  const navigate = useNavigate({ from: "/venues/$venueId/endpoints" });
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const [creating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <div className="screen">
      <header>
        <h1>Webhook endpoints</h1>
        <span className="grow" />
        <button type="button" className="button main" onClick={() => setCreating(true)}>
          New endpoint
        </button>
      </header>
      <Panel
        title="Where the venue's events are sent"
        document={EndpointsQuery}
        variables={{ venueId: venue.id }}
        height={240}
        refreshSeconds={10}
      >
        {(data) => {
          const endpoints = data.venue?.webhookEndpoints ?? [];
          const opened = endpoints.find((endpoint) => endpoint.id === search.endpoint);
          return (
            <>
              {endpoints.length === 0 ? (
                <Empty>
                  An application that is not connected all the time hears of unlocks and payments here: they are posted to an
                  address of its own, signed by the Standard Webhooks convention. Create the first one with "New endpoint".
                </Empty>
              ) : (
                <Table
                  caption="Webhook endpoints"
                  rows={endpoints}
                  keyOf={(endpoint) => endpoint.id}
                  open={(endpoint) => set({ endpoint: endpoint.id })}
                  columns={[
                    { title: "Address", cell: (endpoint) => <span className="mono">{endpoint.url}</span> },
                    {
                      title: "State",
                      cell: (endpoint) => {
                        const { word, tone } = stateOf(endpoint, venue.timeZone);
                        return <State tone={tone}>{word}</State>;
                      },
                    },
                    { title: "Receives", cell: (endpoint) => endpoint.types.join(", ") },
                  ]}
                />
              )}
              {opened ? (
                <EndpointDrawer
                  key={opened.id}
                  endpoint={opened}
                  search={search}
                  set={set}
                  showSecret={setSecret}
                  close={() => set({ endpoint: undefined, status: undefined, delivery: undefined })}
                />
              ) : null}
            </>
          );
        }}
      </Panel>
      {creating ? <EndpointForm endpoint={null} showSecret={setSecret} close={() => setCreating(false)} /> : null}
      {secret ? <Secret secret={secret} close={() => setSecret(null)} /> : null}
    </div>
  );
}

/** The secret that signs from now on. Nobody can read it again. */
function Secret({ secret, close }: { secret: string; close: () => void }) {
  return (
    <Modal title="The secret that signs from now on" close={close}>
      <p>Give it to the receiver now: it is shown this once.</p>
      <pre className="secret" tabIndex={0}>
        {secret}
      </pre>
      <div className="actions">
        <button type="button" className="button" onClick={() => void navigator.clipboard.writeText(secret)}>
          Copy
        </button>
        <button type="button" className="button main" onClick={close}>
          I have kept it
        </button>
      </div>
    </Modal>
  );
}

interface FormProps {
  /** The endpoint to change; null for a new one. */
  endpoint: Endpoint | null;
  showSecret: (secret: string) => void;
  close: () => void;
}

export function EndpointForm({ endpoint, showSecret, close }: FormProps) {
  const venue = useVenue();
  const { run, busy, error } = useMutation();
  const [url, setUrl] = useState(endpoint?.url ?? "");
  const [types, setTypes] = useState<readonly string[]>(endpoint?.types ?? ["membership.unlocked", "membership.revoked"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      if (endpoint)
        return (await request(UpdateMutation, { input: { endpointId: endpoint.id, url, types: [...types] } }))
          .updateWebhookEndpoint;
      const payload = (await request(CreateMutation, { input: { venueId: venue.id, url, types: [...types] } }))
        .createWebhookEndpoint;
      if (payload.secret) showSecret(payload.secret);
      return payload;
    }, close);
  };
  return (
    <Modal title={endpoint ? "Change the endpoint" : "New endpoint"} close={close}>
      <form className="form" onSubmit={submit}>
        <Field
          label="Address"
          name="url"
          error={error}
          value={url}
          onChange={setUrl}
          note="https, on the public internet. The host never sends into its own network unless its settings allow it."
          required
        />
        <fieldset className="form">
          <legend>Sent when</legend>
          {Types.map(([type, meaning]) => (
            <label key={type}>
              <input
                type="checkbox"
                checked={types.includes(type)}
                onChange={(event) => setTypes(event.target.checked ? [...types, type] : types.filter((other) => other !== type))}
              />{" "}
              {meaning} <span className="quiet mono">{type}</span>
            </label>
          ))}
        </fieldset>
        <FormError error={error} shown={["url"]} />
        <div className="actions">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="button main" disabled={busy || !url.trim() || types.length === 0}>
            {endpoint ? "Save" : "Create"}
          </button>
        </div>
      </form>
    </Modal>
  );
}
