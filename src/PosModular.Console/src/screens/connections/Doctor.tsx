import { useState } from "react";
import { useVenue } from "../../app/venue";
import { request } from "../../live/request";
import { formatCount } from "../../money/money";
import { formatDateTime } from "../../time/time";
import { FormError } from "../../ui/Field";
import { Fact, State } from "../../ui/Panel";
import { useMutation } from "../../ui/useMutation";
import { type Connection, RotateMutation, TestMutation } from "./queries";

/** Where two addresses differ: the length of what they share at their beginning and at their end. */
export function difference(a: string, b: string): { start: number; end: number } | null {
  if (a === b) return null;
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return { start, end };
}

/** Finds out why webhooks do not arrive: the provider signs the address that it knows, so both must be equal character by character. */
export function Doctor({ connection }: { connection: Connection }) {
  const venue = useVenue();
  const { run, busy, error } = useMutation();
  const [theirs, setTheirs] = useState("");
  const { webhook } = connection;
  const at = (time: string) => formatDateTime(time, venue.timeZone);
  const test = webhook.lastTest;
  const tone = !webhook.enabled ? "off" : test && !test.reached ? "bad" : webhook.refusedSignatures > 0 ? "warn" : "good";
  return (
    <details>
      <summary>
        <State tone={tone}>Webhooks: {webhook.enabled ? (tone === "good" ? "well" : "need a look") : "off"}</State>
      </summary>
      <div className="stack" style={{ gap: 16, paddingTop: 12 }}>
        <dl className="facts">
          <Fact label="Our address">
            <span className="mono">{webhook.notificationUrl}</span>
          </Fact>
          {webhook.subscriptionId ? <Fact label="Subscription">{webhook.subscriptionId}</Fact> : null}
          <Fact label="Refused signatures">
            {formatCount(webhook.refusedSignatures)}
            {webhook.lastRefusal ? <span className="quiet">, the last: {webhook.lastRefusal}</span> : null}
          </Fact>
          {test ? (
            <Fact label="Last test">
              {test.reached ? "Arrived" : "Did not arrive"}, {at(test.at)}
              {test.statusCode ? `, status ${test.statusCode}` : ""}
              {test.advice ? <p>{test.advice}</p> : null}
            </Fact>
          ) : null}
        </dl>
        <label className="field">
          <span>Compare with the address that is entered at the provider</span>
          <input
            className="input mono"
            value={theirs}
            onChange={(event) => setTheirs(event.target.value)}
            placeholder={webhook.notificationUrl}
          />
        </label>
        {theirs ? <Compared ours={webhook.notificationUrl} theirs={theirs.trim()} /> : null}
        <FormError error={error} />
        {venue.isModerator ? (
          <div className="filters">
            <button
              type="button"
              className="button"
              disabled={busy}
              onClick={() =>
                void run(async () => (await request(TestMutation, { input: { connectionId: connection.id } })).testWebhook)
              }
            >
              Send a test event
            </button>
            <button
              type="button"
              className="button"
              disabled={busy}
              onClick={() =>
                void run(async () => (await request(RotateMutation, { input: { connectionId: connection.id } })).rotateWebhookKey)
              }
            >
              Rotate the signature key
            </button>
          </div>
        ) : null}
      </div>
    </details>
  );
}

function Compared({ ours, theirs }: { ours: string; theirs: string }) {
  const found = difference(ours, theirs);
  if (!found) return <State tone="good">Both addresses are equal.</State>;
  const show = (text: string) => (
    <span className="mono diff">
      {text.slice(0, found.start)}
      <mark>{text.slice(found.start, text.length - found.end) || "(nothing)"}</mark>
      {text.slice(text.length - found.end)}
    </span>
  );
  return (
    <div role="status">
      <State tone="bad">They differ from character {found.start + 1} on. Every signature fails until they are equal.</State>
      <p>{show(ours)}</p>
      <p>{show(theirs)}</p>
    </div>
  );
}
