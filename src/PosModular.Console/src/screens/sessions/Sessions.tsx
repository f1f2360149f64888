import { type FormEvent, useState } from "react";
import { graphql } from "../../app/graphql";
import { MoneyFields } from "../../app/queries";
import { useVenue } from "../../app/venue";
import { useApi } from "../../live/hooks";
import { request } from "../../live/request";
import { formatCount } from "../../money/money";
import { formatDateTime, toInstant, toLocal } from "../../time/time";
import { Modal } from "../../ui/Drawer";
import { Field, FormError } from "../../ui/Field";
import { Empty, Failure, Panel, State } from "../../ui/Panel";
import { Table } from "../../ui/Table";
import { useMutation } from "../../ui/useMutation";

const SessionsQuery = graphql(`
  query ConsoleSessions($venueId: ID!) {
    venue(id: $venueId) {
      liveSessions(first: 100) {
        nodes {
          id
          performerId
          startedAt
          endedAt
        }
      }
    }
  }
`);

/** Apart from the list, as owners alone may see it and adding it up takes longer. */
const RevenueQuery = graphql(
  `
    query ConsoleSessionRevenue($venueId: ID!) {
      venue(id: $venueId) {
        liveSessions(first: 100) {
          nodes {
            id
            revenue {
              count
              net {
                ...MoneyFields
              }
            }
          }
        }
      }
    }
  `,
  [MoneyFields],
);

const CorrectMutation = graphql(`
  mutation ConsoleCorrectSession($input: UpdateLiveSessionInput!) {
    updateLiveSession(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

const StartMutation = graphql(`
  mutation ConsoleStartSession($input: StartLiveSessionInput!) {
    startLiveSession(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

const EndMutation = graphql(`
  mutation ConsoleEndSession($input: EndLiveSessionInput!) {
    endLiveSession(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

/** Who is on stage? */
export function Sessions() {
  const venue = useVenue();
  const starting = useMutation();
  const ending = useMutation();
  const [performerId, setPerformerId] = useState("");
  const [correcting, setCorrecting] = useState<Session | null>(null);
  const revenueQuery = useApi(RevenueQuery, { venueId: venue.id }, { enabled: venue.isOwner, refreshSeconds: 30 });
  // Read here and not within the panel: a component is rendered again for what it has read itself.
  const { data: revenues, isPending, error: revenueError } = revenueQuery;
  const revenueOf = (id: string) => revenues?.venue?.liveSessions.nodes.find((session) => session.id === id)?.revenue;
  const start = (event: FormEvent) => {
    event.preventDefault();
    void starting.run(
      async () =>
        (await request(StartMutation, { input: { venueId: venue.id, performerId: performerId.trim() } })).startLiveSession,
      () => setPerformerId(""),
    );
  };
  return (
    <div className="screen">
      <header>
        <h1>Live sessions</h1>
        <span className="grow" />
        <form className="filters" onSubmit={start}>
          <Field label="Performer" name="performerId" error={starting.error} value={performerId} onChange={setPerformerId} />
          <button type="submit" className="button main" disabled={starting.busy || !performerId.trim()}>
            Start now
          </button>
        </form>
      </header>
      <FormError error={starting.error ?? ending.error} shown={["performerId"]} />
      <Panel
        title="Sessions, latest first"
        document={SessionsQuery}
        variables={{ venueId: venue.id }}
        height={240}
        refreshSeconds={15}
      >
        {(data) => {
          const sessions = data.venue?.liveSessions.nodes ?? [];
          if (sessions.length === 0)
            return <Empty>A live session says who is on stage, so that rules can depend on it. Start the first one above.</Empty>;
          return (
            <div aria-busy={venue.isOwner && isPending}>
              <Table
                caption="Live sessions"
                rows={sessions}
                keyOf={(session) => session.id}
                columns={[
                  { title: "Performer", cell: (session) => session.performerId },
                  { title: "Started", cell: (session) => formatDateTime(session.startedAt, venue.timeZone) },
                  {
                    title: "Ended",
                    cell: (session) =>
                      session.endedAt ? formatDateTime(session.endedAt, venue.timeZone) : <State tone="good">On stage</State>,
                  },
                  ...(venue.isOwner
                    ? [
                        {
                          title: "Payments",
                          number: true,
                          cell: (session: Session) => {
                            const found = revenueOf(session.id);
                            return found ? formatCount(found.count) : "";
                          },
                        },
                        {
                          title: "Net",
                          number: true,
                          cell: (session: Session) => <span className="strong">{revenueOf(session.id)?.net.formatted ?? ""}</span>,
                        },
                      ]
                    : []),
                  {
                    title: "",
                    number: true,
                    cell: (session) => (
                      <>
                        <button type="button" className="link" onClick={() => setCorrecting(session)}>
                          Correct
                        </button>{" "}
                        {session.endedAt ? null : (
                        <button
                          type="button"
                          className="button"
                          disabled={ending.busy}
                          onClick={() =>
                            void ending.run(
                              async () => (await request(EndMutation, { input: { sessionId: session.id } })).endLiveSession,
                            )
                          }
                        >
                          End now
                        </button>
                      )}
                      </>
                    ),
                  },
                ]}
              />
            </div>
          );
        }}
      </Panel>
      {revenueError && !revenues ? (
        <section className="panel" aria-label="Revenue of each session">
          <Failure error={revenueError} retry={() => void revenueQuery.refetch()} />
        </section>
      ) : null}
      {correcting ? <Correct session={correcting} zone={venue.timeZone} close={() => setCorrecting(null)} /> : null}
    </div>
  );
}

interface Session {
  id: string;
  performerId: string;
  startedAt: string;
  endedAt: string | null;
}

/** Only what is changed is sent, so that a time keeps its seconds. */
export function correctionOf(session: Session, zone: string, form: { performerId: string; start: string; end: string }) {
  return {
    sessionId: session.id,
    ...(form.performerId.trim() === session.performerId ? {} : { performerId: form.performerId.trim() }),
    ...(form.start === toLocal(session.startedAt, zone) ? {} : { startedAt: toInstant(form.start, zone) }),
    ...(form.end === (session.endedAt ? toLocal(session.endedAt, zone) : "")
      ? {}
      : { endedAt: form.end ? toInstant(form.end, zone) : null }),
  };
}

function Correct({ session, zone, close }: { session: Session; zone: string; close: () => void }) {
  const { run, busy, error } = useMutation();
  const [performerId, setPerformerId] = useState(session.performerId);
  const [start, setStart] = useState(toLocal(session.startedAt, zone));
  const [end, setEnd] = useState(session.endedAt ? toLocal(session.endedAt, zone) : "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const input = correctionOf(session, zone, { performerId, start, end });
    void run(async () => (await request(CorrectMutation, { input })).updateLiveSession, close);
  };
  return (
    <Modal title="Correct a live session" close={close}>
      <form className="form" onSubmit={submit}>
        <Field label="Performer" name="performerId" error={error} value={performerId} onChange={setPerformerId} required />
        <div className="pair">
          <Field
            label={`Started, ${zone}`}
            name="startedAt"
            type="datetime-local"
            error={error}
            value={start}
            onChange={setStart}
            required
          />
          <Field
            label={`Ended, ${zone}`}
            name="endedAt"
            type="datetime-local"
            error={error}
            value={end}
            onChange={setEnd}
            note="Empty while the session goes on."
          />
        </div>
        <FormError error={error} shown={["performerId", "startedAt", "endedAt"]} />
        <p className="quiet small">The revenue of the session and of the performer follows. Tiers that were unlocked stay.</p>
        <div className="actions">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="button main" disabled={busy || !performerId.trim()}>
            Save
          </button>
        </div>
      </form>
    </Modal>
  );
}
