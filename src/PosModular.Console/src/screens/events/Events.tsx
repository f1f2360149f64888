import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { graphql, textOf } from "../../app/graphql";
import { useVenue } from "../../app/venue";
import { useApi } from "../../live/hooks";
import { request } from "../../live/request";
import { formatDateTime, words } from "../../time/time";
import { Drawer } from "../../ui/Drawer";
import { FormError } from "../../ui/Field";
import { CopyQuery, Empty, Fact, Failure, State } from "../../ui/Panel";
import { Table } from "../../ui/Table";
import { useMutation } from "../../ui/useMutation";

const EventsQuery = graphql(`
  query ConsoleEvents($venueId: ID!, $status: WebhookEventStatus, $search: String, $after: String) {
    venue(id: $venueId) {
      webhookEvents(status: $status, search: $search, first: 100, after: $after) {
        nodes {
          id
          eventId
          type
          provider
          status
          reason
          receivedAt
          attempts
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

const PayloadQuery = graphql(`
  query ConsoleEventPayload($id: ID!) {
    node(id: $id) {
      ... on WebhookEvent {
        id
        payload
      }
    }
  }
`);

const ReplayMutation = graphql(`
  mutation ConsoleReplay($input: ReplayWebhookEventsInput!) {
    replayWebhookEvents(input: $input) {
      replayed
      errors {
        code
        message
        field
      }
    }
  }
`);

const Statuses = ["PROCESSED", "IGNORED", "FAILED"] as const;

/** What was sent, and what became of it? */
export function Events() {
  const venue = useVenue();
  const search = useSearch({ from: "/venues/$venueId/events" });
  const navigate = useNavigate({ from: "/venues/$venueId/events" });
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const status = Statuses.find((s) => s === search.status) ?? null;
  const [text, setText] = useState(search.search ?? "");
  const variables = { venueId: venue.id, status, search: search.search ?? null };
  const list = useInfiniteQuery({
    queryKey: [textOf(EventsQuery), variables],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => request(EventsQuery, { ...variables, after: pageParam }, signal),
    getNextPageParam: (page) =>
      page.venue?.webhookEvents.pageInfo.hasNextPage ? page.venue.webhookEvents.pageInfo.endCursor : undefined,
  });
  const events = list.data?.pages.flatMap((page) => page.venue?.webhookEvents.nodes ?? []) ?? [];
  const opened = events.find((event) => event.id === search.event);
  return (
    <div className="screen">
      <header>
        <h1>Events</h1>
        <span className="grow" />
        <div className="choice" role="group" aria-label="State">
          {[undefined, ...Statuses].map((s) => (
            <button type="button" key={s ?? "all"} aria-pressed={(status ?? undefined) === s} onClick={() => set({ status: s })}>
              {s ? words(s) : "All"}
            </button>
          ))}
        </div>
        <form
          className="filters"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            set({ search: text.trim() || undefined });
          }}
        >
          <label>
            <span className="hidden">Search</span>
            <input
              className="input"
              type="search"
              placeholder="Event or payment id"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </label>
        </form>
        <button type="button" className="button" onClick={() => void list.refetch()}>
          Read again
        </button>
        <CopyQuery document={EventsQuery} variables={variables} />
      </header>
      {list.error ? (
        <Failure error={list.error} retry={() => void list.refetch()} />
      ) : list.isPending ? (
        <div className="skeleton" style={{ height: 480 }} role="status" aria-label="Events are being loaded" />
      ) : events.length === 0 ? (
        <Empty>
          {search.search
            ? "No event contains this."
            : status
              ? `No event is ${status.toLowerCase()}.`
              : "Every webhook event of the last 60 days is kept here, with its bytes and what became of it. None has arrived yet."}
        </Empty>
      ) : (
        <>
          <Table
            caption="Webhook events, latest first"
            rows={events}
            keyOf={(event) => event.id}
            open={(event) => set({ event: event.id })}
            columns={[
              { title: "Type", cell: (event) => event.type },
              { title: "Received", number: true, cell: (event) => formatDateTime(event.receivedAt, venue.timeZone) },
              { title: "Event", cell: (event) => <span className="mono">{event.eventId}</span> },
              {
                title: "State",
                cell: (event) => (
                  <State tone={event.status === "FAILED" ? "bad" : event.status === "IGNORED" ? "off" : "good"}>
                    {words(event.status)}
                  </State>
                ),
              },
              { title: "Reason", cell: (event) => event.reason },
            ]}
          />
          {list.hasNextPage ? (
            <button type="button" className="button" onClick={() => void list.fetchNextPage()} disabled={list.isFetchingNextPage}>
              Show more
            </button>
          ) : null}
        </>
      )}
      {opened ? <EventDrawer event={opened} close={() => set({ event: undefined })} /> : null}
    </div>
  );
}

interface Event {
  id: string;
  eventId: string;
  type: string;
  provider: string;
  status: string;
  reason: string | null;
  receivedAt: string;
  attempts: number;
}

function EventDrawer({ event, close }: { event: Event; close: () => void }) {
  const venue = useVenue();
  const { run, busy, error } = useMutation();
  return (
    <Drawer title={event.type} note={formatDateTime(event.receivedAt, venue.timeZone)} close={close}>
      <dl className="facts">
        <Fact label="State">{words(event.status)}</Fact>
        {event.reason ? <Fact label="Reason">{event.reason}</Fact> : null}
        <Fact label="Provider">{words(event.provider)}</Fact>
        <Fact label="Event id">{event.eventId}</Fact>
        <Fact label="Attempts">{event.attempts}</Fact>
      </dl>
      {venue.isModerator ? (
        <>
          <FormError error={error} />
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() =>
              void run(
                async () =>
                  (await request(ReplayMutation, { input: { venueId: venue.id, eventIds: [event.id] } })).replayWebhookEvents,
              )
            }
          >
            Replay this event
          </button>
        </>
      ) : null}
      {venue.isOwner ? (
        <Payload id={event.id} />
      ) : (
        <p className="quiet">The bytes of an event are shown to owners of the venue alone.</p>
      )}
    </Drawer>
  );
}

function Payload({ id }: { id: string }) {
  const query = useApi(PayloadQuery, { id });
  const node = query.data?.node;
  const payload = node && "payload" in node ? node.payload : undefined;
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (payload === undefined) return <div className="skeleton" style={{ height: 240 }} />;
  return <pre tabIndex={0}>{pretty(String(payload))}</pre>;
}

/** JSON with line breaks; anything else as it came. Only the first part of a very large payload is shown. */
export function pretty(payload: string): string {
  let text = payload;
  try {
    text = JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    // It is shown as it came.
  }
  return text.length > 200_000 ? `${text.slice(0, 200_000)}\n… and ${text.length - 200_000} more characters` : text;
}
