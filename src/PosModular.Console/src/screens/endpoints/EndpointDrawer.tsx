import { useState } from "react";
import type { ResultOf } from "../../app/graphql";
import { useVenue } from "../../app/venue";
import { useApi } from "../../live/hooks";
import { request } from "../../live/request";
import { plural } from "../../money/money";
import { formatDateTime, formatShort, words } from "../../time/time";
import { Drawer } from "../../ui/Drawer";
import { FormError } from "../../ui/Field";
import { CopyQuery, Empty, Fact, Failure, State } from "../../ui/Panel";
import { useMutation } from "../../ui/useMutation";
import { pretty } from "../events/Events";
import { EndpointForm, stateOf } from "./Endpoints";
import {
  DeleteMutation,
  DeliveriesQuery,
  type Endpoint,
  RedeliverMutation,
  RotateMutation,
  TestMutation,
  UpdateMutation,
} from "./queries";

const Statuses = ["PENDING", "DELIVERED", "FAILED"] as const;
const PageSize = 25;
const MaxPageSize = 200;

type Delivery = NonNullable<ResultOf<typeof DeliveriesQuery>["venue"]>["webhookEndpoints"][number]["deliveries"]["nodes"][number];

interface Search {
  status?: string;
  delivery?: string;
}

interface DrawerProps {
  endpoint: Endpoint;
  search: Search;
  set: (change: { [K in keyof Search]: Search[K] | undefined }) => void;
  showSecret: (secret: string) => void;
  close: () => void;
}

/** One endpoint: how it is, what was sent to it, and what it answered. */
export function EndpointDrawer({ endpoint, search, set, showSecret, close }: DrawerProps) {
  const venue = useVenue();
  const { run, busy, error } = useMutation();
  const [editing, setEditing] = useState(false);
  const [sentAgain, setSentAgain] = useState("");
  const input = { endpointId: endpoint.id };
  const { word, tone } = stateOf(endpoint, venue.timeZone);
  const rotate = () =>
    void run(async () => {
      const payload = (await request(RotateMutation, { input })).rotateWebhookEndpointSecret;
      if (payload.secret) showSecret(payload.secret);
      return payload;
    });
  const redeliver = (which: { deliveryId: string } | { endpointId: string }) =>
    void run(async () => {
      const payload = (await request(RedeliverMutation, { input: which })).redeliver;
      setSentAgain(payload.errors.length > 0 ? "" : `${plural(payload.deliveries, "event")} will be sent again at once.`);
      return payload;
    });
  return (
    <Drawer
      title={<span className="mono">{endpoint.url}</span>}
      note={`since ${formatDateTime(endpoint.createdAt, venue.timeZone)}`}
      close={close}
    >
      <p>
        <State tone={tone}>{word}</State>
      </p>
      <dl className="facts">
        <Fact label="Receives">{endpoint.types.join(", ")}</Fact>
        <Fact label="Id">{endpoint.id}</Fact>
      </dl>
      <div className="filters">
        <button
          type="button"
          className="button"
          disabled={busy || !endpoint.enabled}
          onClick={() => void run(async () => (await request(TestMutation, { input })).testWebhookEndpoint)}
        >
          Send a test
        </button>
        <button type="button" className="button" onClick={() => setEditing(true)}>
          Change
        </button>
        <button type="button" className="button" disabled={busy} onClick={rotate}>
          New secret
        </button>
        <button
          type="button"
          className="button"
          disabled={busy}
          onClick={() =>
            void run(
              async () =>
                (await request(UpdateMutation, { input: { ...input, enabled: !endpoint.enabled } })).updateWebhookEndpoint,
            )
          }
        >
          {endpoint.enabled ? "Switch off" : "Switch on"}
        </button>
        <button
          type="button"
          className="link red"
          disabled={busy}
          onClick={() => {
            if (window.confirm("Delete this endpoint with its deliveries? What waits is not sent any more."))
              void run(async () => (await request(DeleteMutation, { input })).deleteWebhookEndpoint, close);
          }}
        >
          Delete
        </button>
      </div>
      <p className="quiet small">After a new secret, both sign for 24 hours.</p>
      <FormError error={error} />
      {sentAgain ? <p role="status">{sentAgain}</p> : null}
      <Deliveries
        endpoint={endpoint}
        search={search}
        set={set}
        busy={busy}
        redeliver={(delivery) => redeliver({ deliveryId: delivery.id })}
        redeliverFailed={() => redeliver(input)}
      />
      {editing ? <EndpointForm endpoint={endpoint} showSecret={showSecret} close={() => setEditing(false)} /> : null}
    </Drawer>
  );
}

interface DeliveriesProps {
  endpoint: Endpoint;
  search: Search;
  set: DrawerProps["set"];
  busy: boolean;
  redeliver: (delivery: Delivery) => void;
  redeliverFailed: () => void;
}

function Deliveries({ endpoint, search, set, busy, redeliver, redeliverFailed }: DeliveriesProps) {
  const venue = useVenue();
  const [first, setFirst] = useState(PageSize);
  const status = Statuses.find((s) => s === search.status) ?? null;
  const variables = { venueId: venue.id, status, first };
  const query = useApi(DeliveriesQuery, variables, { refreshSeconds: 5 });
  const page = query.data?.venue?.webhookEndpoints.find((one) => one.id === endpoint.id)?.deliveries;
  const deliveries = page?.nodes ?? [];
  return (
    <section className="form" aria-label="Deliveries">
      <div className="filters">
        <h3>Deliveries</h3>
        <div className="choice" role="group" aria-label="State">
          {[undefined, ...Statuses].map((s) => (
            <button type="button" key={s ?? "all"} aria-pressed={(status ?? undefined) === s} onClick={() => set({ status: s })}>
              {s ? words(s) : "All"}
            </button>
          ))}
        </div>
        <CopyQuery document={DeliveriesQuery} variables={variables} />
      </div>
      {status === "FAILED" && deliveries.length > 0 ? (
        <div>
          <button type="button" className="button" disabled={busy || !endpoint.enabled} onClick={redeliverFailed}>
            Send all failed ones again
          </button>
        </div>
      ) : null}
      {page ? (
        deliveries.length === 0 ? (
          <Empty>
            {status
              ? `No delivery is ${status.toLowerCase()}.`
              : "What is sent appears here with its answer. Send a test to see the first one."}
          </Empty>
        ) : (
          <ul className="deliveries">
            {deliveries.map((delivery) => (
              <One
                key={delivery.id}
                delivery={delivery}
                zone={venue.timeZone}
                opened={search.delivery === delivery.id}
                toggle={() => set({ delivery: search.delivery === delivery.id ? undefined : delivery.id })}
                again={busy || !endpoint.enabled ? undefined : () => redeliver(delivery)}
              />
            ))}
          </ul>
        )
      ) : query.error ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className="skeleton" style={{ height: 160 }} role="status" aria-label="Deliveries are being loaded" />
      )}
      {page?.pageInfo.hasNextPage && first < MaxPageSize ? (
        <div>
          <button type="button" className="button" onClick={() => setFirst(MaxPageSize)}>
            Show more
          </button>
        </div>
      ) : null}
    </section>
  );
}

interface OneProps {
  delivery: Delivery;
  zone: string;
  opened: boolean;
  toggle: () => void;
  again: (() => void) | undefined;
}

const Tones = { DELIVERED: "good", PENDING: "plain", FAILED: "bad" } as const;

function One({ delivery, zone, opened, toggle, again }: OneProps) {
  const next = delivery.nextAttemptAt ? `, next attempt ${formatShort(delivery.nextAttemptAt, zone)}` : "";
  return (
    <li>
      <button type="button" className="rowlink" data-row="" aria-expanded={opened} onClick={toggle}>
        <State tone={Tones[delivery.status]}>{words(delivery.status)}</State> {delivery.type}{" "}
        <span className="quiet small">
          {formatShort(delivery.createdAt, zone)}, {plural(delivery.attempts, "attempt")}
          {next}
        </span>
      </button>
      {opened ? (
        <div className="form">
          <dl className="facts">
            <Fact label="webhook-id">{delivery.id}</Fact>
            {delivery.deliveredAt ? <Fact label="Accepted">{formatDateTime(delivery.deliveredAt, zone)}</Fact> : null}
          </dl>
          <h4>Answer</h4>
          <pre tabIndex={0}>{delivery.response ?? "It has not been tried yet."}</pre>
          <h4>Sent</h4>
          <pre tabIndex={0}>{pretty(delivery.payload)}</pre>
          <div>
            <button type="button" className="button" disabled={!again} onClick={again}>
              Send again
            </button>
          </div>
        </div>
      ) : null}
    </li>
  );
}
