import { useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { type ResultOf, textOf } from "../../app/graphql";
import { RevenueChangedSubscription, type RevenueFigures, VenueQuery } from "../../app/queries";
import { useVenue } from "../../app/venue";
import { useApi, useLiveStatus, useSubscription, useThrottle } from "../../live/hooks";
import { describeChange, formatCount, formatShare, type Money, plural, toUnits } from "../../money/money";
import { addDays, formatDay, formatTime, words } from "../../time/time";
import { BarChart } from "../../ui/BarChart";
import { Empty, Failure, Figure, Panel, State } from "../../ui/Panel";
import { useConnectionChanges } from "../connections/changes";
import { LastNight } from "../proved/LastNight";
import { upsert } from "../transactions/list";
import { ChangedSubscription, type Line } from "../transactions/queries";
import { DayQuery, HealthQuery, HoursQuery, LatestQuery, MatchQuery, StageQuery, UnlockedSubscription } from "./queries";

type Unlocked = ResultOf<typeof UnlockedSubscription>["tierUnlocked"];

const Shown = 12;

/** How is it going? */
export function Tonight() {
  const venue = useVenue();
  const { screen } = useSearch({ from: "/venues/$venueId/tonight" });
  const day = { venueId: venue.id, today: venue.today };
  const live = useLatest(venue.id);
  useFigures(venue.id, venue.today);
  useConnectionChanges(venue.id);
  return (
    <div className="screen">
      <header>
        <h1>{screen === "large" ? `${venue.name}, tonight` : "Tonight"}</h1>
        <span className="quiet">{formatDay(venue.today)}</span>
        {screen === "large" ? null : <LastNight />}
        <span className="grow" />
        <Link
          className="link"
          to="/venues/$venueId/tonight"
          params={{ venueId: venue.id }}
          search={screen === "large" ? {} : { screen: "large" }}
        >
          {screen === "large" ? "Leave the large screen" : "Large screen"}
        </Link>
      </header>
      <Panel title="Revenue so far" document={DayQuery} variables={day} height={64} refreshSeconds={60}>
        {(data) => <Figures revenue={data.venue?.revenue} venueId={venue.id} today={venue.today} />}
      </Panel>
      <div className="columns">
        <div className="stack">
          <Panel
            title={`Per hour, ${venue.currency}`}
            document={HoursQuery}
            variables={hoursOf(venue.id, venue.today)}
            height={220}
            refreshSeconds={30}
          >
            {(data) => (
              <BarChart
                title="Net revenue per hour"
                unit={`Net, ${venue.currency}`}
                bars={(data.venue?.now ?? []).map((point) => ({
                  key: point.from,
                  label: formatTime(point.from, venue.timeZone),
                  units: toUnits(point.net),
                  text: point.net.formatted,
                  open: isOpen(point, data.venue?.revenue.asOf),
                }))}
              />
            )}
          </Panel>
          <section className="panel" aria-label="Latest transactions">
            <header>
              <h2>Latest transactions</h2>
              <Link className="link small" to="/venues/$venueId/transactions" params={{ venueId: venue.id }}>
                All transactions
              </Link>
            </header>
            <Latest live={live} zone={venue.timeZone} venueId={venue.id} />
          </section>
        </div>
        <div className="stack">
          <section className="panel" aria-label="Latest unlocks">
            <header>
              <h2>Unlocked since you opened this page</h2>
            </header>
            <Unlocks venueId={venue.id} zone={venue.timeZone} />
          </section>
          <Panel title="On stage" document={StageQuery} variables={{ venueId: venue.id }} height={48} refreshSeconds={30}>
            {(data) => <Stage sessions={data.venue?.liveSessions.nodes ?? []} zone={venue.timeZone} />}
          </Panel>
          <Panel title="Payments with a known guest" document={MatchQuery} variables={day} height={96} refreshSeconds={30}>
            {(data) => {
              const match = data.venue?.matchRate;
              if (!match || match.sales === 0) return <Empty>The share appears with the first payment of the day.</Empty>;
              return (
                <dl className="figures">
                  <Figure
                    label={`${formatCount(match.matched)} of ${formatCount(match.sales)} payments`}
                    value={formatShare(match.rate)}
                    note={match.unmatched.map((u) => `${formatCount(u.sales)} ${words(u.reason).toLowerCase()}`).join(", ")}
                  />
                </dl>
              );
            }}
          </Panel>
          <Panel title="Points of sale" document={HealthQuery} variables={{ venueId: venue.id }} height={64} refreshSeconds={60}>
            {(data) => <Health connections={data.venue?.posConnections ?? []} zone={venue.timeZone} venueId={venue.id} />}
          </Panel>
        </div>
      </div>
    </div>
  );
}

/** The hours of a business date and of the same weekday a week before. A series ends before its last date. */
function hoursOf(venueId: string, today: string) {
  return { venueId, today, tomorrow: addDays(today, 1), before: addDays(today, -7), dayAfter: addDays(today, -6) };
}

/** Whether the hour is not over by the server's clock. */
function isOpen(point: { from: string; to: string }, asOf: string | undefined): boolean {
  if (!asOf) return false;
  const now = Date.parse(asOf);
  return Date.parse(point.from) <= now && now < Date.parse(point.to);
}

/** The figures follow what has been added up. The hours below them follow too, more seldom. */
function useFigures(venueId: string, today: string): void {
  const client = useQueryClient();
  const readHours = useThrottle(() => void client.invalidateQueries({ queryKey: [textOf(HoursQuery)] }), 5_000);
  useSubscription(RevenueChangedSubscription, { venueId }, (data: ResultOf<typeof RevenueChangedSubscription>) => {
    const key = [textOf(DayQuery), { venueId, today }];
    const old = client.getQueryData<ResultOf<typeof DayQuery>>(key)?.venue?.revenue;
    // The next business day has begun.
    if (old && old.from !== data.revenueChanged.from) void client.invalidateQueries({ queryKey: [textOf(VenueQuery)] });
    else client.setQueryData(key, { venue: { revenue: data.revenueChanged } });
    if (old && (old.count !== data.revenueChanged.count || old.net.amountMinor !== data.revenueChanged.net.amountMinor))
      readHours();
    return undefined;
  });
}

function Figures({ revenue, venueId, today }: { revenue: RevenueFigures | undefined; venueId: string; today: string }) {
  const before = addDays(today, -7);
  const hours = useApi(HoursQuery, hoursOf(venueId, today), { refreshSeconds: 30 }).data?.venue;
  if (!revenue) return null;
  const then = hours ? sameMoment(hours.now, hours.before, revenue.asOf) : null;
  const changes = [
    describeChange(revenue.net, revenue.previous?.net, "yesterday at this time"),
    describeChange(revenue.net, then, `${formatDay(before)} at this hour`),
  ].filter((text) => text !== null);
  return (
    <dl className="figures">
      <Figure
        label="Net"
        value={revenue.net.formatted}
        note={
          changes.length === 0
            ? "nothing to compare with yet"
            : changes.map((text) => (
                <span key={text} className="row">
                  {text}
                </span>
              ))
        }
      />
      <Figure label="Payments" value={formatCount(revenue.count)} note={`${revenue.average.formatted} on average`} />
      <Figure label="Tips" value={revenue.tip.formatted} note="included in the total" />
      <Figure
        label="Refunded"
        value={revenue.refunded.formatted}
        note={
          revenue.pendingChanges > 0 ? `${plural(revenue.pendingChanges, "change")} still to be added` : "every change is added"
        }
      />
      {revenue.otherCurrencies.map((other) => (
        <Figure
          key={other.currency}
          label={`Net in ${other.currency}`}
          value={other.net.formatted}
          note="kept apart, never added"
        />
      ))}
    </dl>
  );
}

/** What the earlier day had taken when it was as old as today is, by whole hours of the server's series. */
export function sameMoment(
  now: readonly { from: string; to: string }[],
  before: readonly { from: string; to: string; net: Money }[],
  asOf: string,
): Money | null {
  const start = now[0];
  const first = before[0];
  if (!start || !first) return null;
  const age = Date.parse(asOf) - Date.parse(start.from);
  const until = Date.parse(first.from) + age;
  const past = before.filter((point) => Date.parse(point.to) <= until);
  if (past.length === 0) return null;
  return { ...first.net, amountMinor: past.reduce((sum, point) => sum + point.net.amountMinor, 0), formatted: "" };
}

function useLatest(venueId: string) {
  const query = useApi(LatestQuery, { venueId });
  const [changed, setChanged] = useState<readonly Line[]>([]);
  const [arrived, setArrived] = useState<ReadonlySet<string>>(new Set());
  const { transport } = useLiveStatus();
  const cursor = query.data?.venue?.feedCursor;
  // The snapshot that the subscription follows stays the same; when the page polls, each snapshot stands for itself.
  const start = useRef<string | undefined>(undefined);
  if (cursor !== undefined && start.current === undefined) start.current = cursor;
  useSubscription(
    ChangedSubscription,
    start.current !== undefined ? { venueId, after: start.current } : undefined,
    (data: ResultOf<typeof ChangedSubscription>) => {
      const line = data.transactionChanged;
      setChanged((old) => upsert(old, line, Shown));
      setArrived((old) => new Set(old).add(line.id));
      return line.cursor;
    },
  );
  const stored = query.data?.venue?.transactions.nodes;
  const lines = useMemo(() => {
    let merged: Line[] = [...(stored ?? [])];
    if (transport !== "polling") for (const line of [...changed].reverse()) merged = upsert(merged, line, Shown);
    return merged;
  }, [stored, changed, transport]);
  return { lines, arrived, query };
}

function Latest({ live, zone, venueId }: { live: ReturnType<typeof useLatest>; zone: string; venueId: string }) {
  const { lines, arrived, query } = live;
  if (query.error && lines.length === 0) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.isPending) return <div className="skeleton" style={{ height: 320 }} role="status" aria-label="Loading" />;
  if (lines.length === 0)
    return <Empty>Payments appear here within a second of being taken. Connect a point of sale to see the first one.</Empty>;
  return (
    <ul className="feedlist" data-testid="latest">
      {lines.map((line) => (
        <li key={line.id} className={arrived.has(line.id) ? "arrived" : undefined} data-id={line.id}>
          <span className="quiet">{formatTime(line.occurredAt, zone)}</span>
          <Link className="clip" to="/venues/$venueId/transactions" params={{ venueId }} search={{ transaction: line.id }}>
            {line.userId ?? <span className="quiet">{words(line.paymentMethod)}, no guest</span>}
            {line.status === "COMPLETED" ? "" : <span className="quiet"> {words(line.status).toLowerCase()}</span>}
          </Link>
          <span className="strong">{line.net.formatted}</span>
        </li>
      ))}
    </ul>
  );
}

function Unlocks({ venueId, zone }: { venueId: string; zone: string }) {
  const [unlocks, setUnlocks] = useState<readonly Unlocked[]>([]);
  useSubscription(UnlockedSubscription, { venueId }, (data: ResultOf<typeof UnlockedSubscription>) => {
    setUnlocks((old) => [data.tierUnlocked, ...old.filter((u) => u.id !== data.tierUnlocked.id)].slice(0, 8));
    return data.tierUnlocked.cursor;
  });
  if (unlocks.length === 0) return <Empty>When a guest reaches a tier, it shows here at once.</Empty>;
  return (
    <ul className="feedlist">
      {unlocks.map((unlock) => (
        <li key={unlock.id} className="arrived">
          <span className="quiet">{formatTime(unlock.unlockedAt, zone)}</span>
          <Link className="clip" to="/venues/$venueId/members" params={{ venueId }} search={{ member: unlock.userId }}>
            {unlock.userId}
          </Link>
          <span>{words(unlock.tier)}</span>
        </li>
      ))}
    </ul>
  );
}

function Stage({
  sessions,
  zone,
}: {
  sessions: readonly { id: string; performerId: string; startedAt: string; endedAt: string | null }[];
  zone: string;
}) {
  const now = sessions.filter((session) => session.endedAt === null);
  if (now.length === 0) return <Empty>Nobody is on stage. Start a live session when somebody is.</Empty>;
  return (
    <ul className="feedlist">
      {now.map((session) => (
        <li key={session.id}>
          <span className="quiet">{formatTime(session.startedAt, zone)}</span>
          <span>{session.performerId}</span>
          <State tone="good">On stage</State>
        </li>
      ))}
    </ul>
  );
}

type Connections = NonNullable<ResultOf<typeof HealthQuery>["venue"]>["posConnections"];

function Health({ connections, zone, venueId }: { connections: Connections; zone: string; venueId: string }) {
  const current = connections.filter((connection) => connection.status !== "DISCONNECTED");
  if (current.length === 0) return <Empty>No point of sale is connected. A moderator connects one under Connections.</Empty>;
  return (
    <ul>
      {current.map((connection) => (
        <li key={connection.id} style={{ padding: "6px 0" }}>
          <Link to="/venues/$venueId/connections" params={{ venueId }}>
            {connection.status === "CONNECTED" && !connection.quietSince ? (
              <State tone="good">
                {words(connection.provider)} {connection.locationName ?? connection.externalLocationId}
              </State>
            ) : (
              <State tone="warn">
                {words(connection.provider)} {connection.locationName ?? connection.externalLocationId}
                {": "}
                {connection.statusReason?.message ?? `no payments since ${formatTime(connection.quietSince ?? "", zone)}`}
              </State>
            )}
          </Link>
        </li>
      ))}
    </ul>
  );
}
