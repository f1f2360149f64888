import { type FormEvent, useState } from "react";
import { graphql } from "../../app/graphql";
import { useVenue } from "../../app/venue";
import { request } from "../../live/request";
import { formatDateTime } from "../../time/time";
import { Field, FormError } from "../../ui/Field";
import { Empty, Panel, State } from "../../ui/Panel";
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
                {
                  title: "",
                  number: true,
                  cell: (session) =>
                    session.endedAt ? null : (
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
                    ),
                },
              ]}
            />
          );
        }}
      </Panel>
    </div>
  );
}
