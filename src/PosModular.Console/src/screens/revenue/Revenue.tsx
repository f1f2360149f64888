import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef } from "react";
import { graphql, type ResultOf, textOf } from "../../app/graphql";
import { MoneyFields, RevenueChangedSubscription, RevenueFields, type RevenueFigures } from "../../app/queries";
import { useVenue } from "../../app/venue";
import { useSubscription, useThrottle } from "../../live/hooks";
import { describeChange, formatCount, type Money, plural, toUnits } from "../../money/money";
import { addDays, formatDateTime, formatDay, formatShort, formatTime, words } from "../../time/time";
import { BarChart, Shares } from "../../ui/BarChart";
import { Empty, Figure, Panel } from "../../ui/Panel";
import { WeekChart } from "../../ui/WeekChart";

const RevenueQuery = graphql(
  `
    query ConsoleRevenue($venueId: ID!, $period: RevenuePeriod!, $on: LocalDate!) {
      venue(id: $venueId) {
        revenue(period: $period, on: $on) {
          ...RevenueFields
        }
      }
    }
  `,
  [RevenueFields],
);

/** Added up from the transactions themselves, so each of the two has a panel of its own. */
const TierQuery = graphql(
  `
    query ConsoleRevenueByTier($venueId: ID!, $period: RevenuePeriod!, $on: LocalDate!) {
      venue(id: $venueId) {
        revenue(period: $period, on: $on) {
          byTier {
            key
            count
            net {
              ...MoneyFields
            }
          }
        }
      }
    }
  `,
  [MoneyFields],
);

const PerformerQuery = graphql(
  `
    query ConsoleRevenueByPerformer($venueId: ID!, $period: RevenuePeriod!, $on: LocalDate!) {
      venue(id: $venueId) {
        revenue(period: $period, on: $on) {
          byPerformer {
            key
            count
            net {
              ...MoneyFields
            }
          }
        }
      }
    }
  `,
  [MoneyFields],
);

const HoursQuery = graphql(
  `
    query ConsoleBusiestHours($venueId: ID!, $from: LocalDate!, $to: LocalDate!) {
      venue(id: $venueId) {
        busiestHours(from: $from, to: $to) {
          day
          hour
          averageCount
          averageTotal {
            ...MoneyFields
          }
        }
      }
    }
  `,
  [MoneyFields],
);

const SeriesQuery = graphql(
  `
    query ConsoleRevenueSeries($venueId: ID!, $from: LocalDate!, $to: LocalDate!, $by: Granularity!) {
      venue(id: $venueId) {
        revenue(period: DAY) {
          asOf
        }
        revenueSeries(from: $from, to: $to, by: $by) {
          from
          to
          label
          count
          net {
            ...MoneyFields
          }
        }
      }
    }
  `,
  [MoneyFields],
);

const SpendersQuery = graphql(
  `
    query ConsoleTopSpenders($venueId: ID!, $period: RevenuePeriod!, $on: LocalDate!) {
      venue(id: $venueId) {
        topSpenders(period: $period, on: $on, first: 10) {
          userId
          count
          total {
            ...MoneyFields
          }
          member {
            tier
          }
        }
      }
    }
  `,
  [MoneyFields],
);

const Periods = ["DAY", "WEEK", "MONTH", "YEAR"] as const;
type Period = (typeof Periods)[number];

const BusyWeeks = 8;
const Weekdays = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

/** What did we earn? */
export function Revenue() {
  const venue = useVenue();
  const search = useSearch({ from: "/venues/$venueId/revenue" });
  const navigate = useNavigate({ from: "/venues/$venueId/revenue" });
  const period: Period = Periods.find((p) => p === search.period) ?? "DAY";
  const on = /^\d{4}-\d\d-\d\d$/.test(search.on ?? "") ? (search.on as string) : venue.today;
  const set = (change: { period?: string; on?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const next = move(on, period, 1);
  const span = spanOf(on, period);
  const variables = { venueId: venue.id, period, on };
  const busy = busyWeeks(span.to, venue.today);
  useFigures(venue.id, venue.today >= span.from && venue.today < span.to);
  return (
    <div className="screen">
      <header>
        <h1>Revenue</h1>
        <span className="grow" />
        <div className="choice" role="group" aria-label="Period">
          {Periods.map((p) => (
            <button type="button" key={p} aria-pressed={p === period} onClick={() => set({ period: p })}>
              {words(p)}
            </button>
          ))}
        </div>
        <div className="filters">
          <button type="button" className="button" data-previous-day="" onClick={() => set({ on: move(on, period, -1) })}>
            Earlier
          </button>
          <label>
            <span className="hidden">Business date</span>
            <input
              className="input"
              type="date"
              max={venue.today}
              value={on}
              onChange={(event) => set({ on: event.target.value || undefined })}
            />
          </label>
          <button
            type="button"
            className="button"
            data-next-day=""
            disabled={next > venue.today}
            onClick={() => set({ on: next > venue.today ? venue.today : next })}
          >
            Later
          </button>
        </div>
      </header>
      <Panel
        title={period === "DAY" ? formatDay(on) : `${words(period)} of ${formatDay(on)}`}
        document={RevenueQuery}
        variables={variables}
        height={260}
        refreshSeconds={60}
      >
        {(data) => (data.venue ? <Figures revenue={data.venue.revenue} zone={venue.timeZone} period={period} /> : null)}
      </Panel>
      <Panel
        title={`Net by ${words(span.by).toLowerCase()}, ${venue.currency}`}
        document={SeriesQuery}
        variables={{ venueId: venue.id, ...span }}
        height={220}
        refreshSeconds={30}
      >
        {(data) => (
          <BarChart
            title={`Net revenue by ${words(span.by).toLowerCase()}`}
            unit={`Net, ${venue.currency}`}
            bars={(data.venue?.revenueSeries ?? []).map((point) => ({
              key: point.from,
              label: span.by === "HOUR" ? formatTime(point.from, venue.timeZone) : shortLabel(point.label),
              units: toUnits(point.net),
              text: `${point.net.formatted}, ${plural(point.count, "payment")}`,
              open: isOpen(point, data.venue?.revenue.asOf),
            }))}
          />
        )}
      </Panel>
      <div className="halves">
        <Panel title="By the guest's tier at the time" document={TierQuery} variables={variables} height={160} refreshSeconds={60}>
          {(data) => (
            <Slices
              caption="Net by tier"
              slices={data.venue?.revenue.byTier ?? []}
              nameOf={(key) => (key === "NONE" ? "No guest" : words(key))}
            />
          )}
        </Panel>
        <Panel title="By performer" document={PerformerQuery} variables={variables} height={160} refreshSeconds={60}>
          {(data) => (
            <Slices
              caption="Net by performer"
              slices={data.venue?.revenue.byPerformer ?? []}
              nameOf={(key) => (key === "NONE" ? "Nobody on stage" : key)}
            />
          )}
        </Panel>
        <Panel
          title="Guests who spent most"
          document={SpendersQuery}
          variables={variables}
          height={160}
          refreshSeconds={30}
        >
          {(data) => {
            const spenders = data.venue?.topSpenders ?? [];
            return spenders.length === 0 ? (
              <Empty>No payment of this period belongs to a known guest.</Empty>
            ) : (
              <Shares
                caption="Guests who spent most"
                rows={spenders.map((guest) => ({
                  key: guest.userId,
                  label: guest.member ? `${guest.userId}, ${words(guest.member.tier)}` : guest.userId,
                  count: guest.count,
                  text: guest.total.formatted,
                  units: toUnits(guest.total),
                }))}
              />
            );
          }}
        </Panel>
        <Panel
          title={`Busiest hours, ${BusyWeeks} weeks to ${formatDay(addDays(busy.to, -1))}`}
          document={HoursQuery}
          variables={{ venueId: venue.id, ...busy }}
          height={180}
        >
          {(data) => {
            const hours = data.venue?.busiestHours ?? [];
            return hours.length === 0 ? (
              <Empty>No payment was taken in these weeks.</Empty>
            ) : (
              <WeekChart
                title="Average total by hour of the week"
                firstHour={Number(venue.dayCutoff.slice(0, 2))}
                hours={hours.map((hour) => ({
                  day: Weekdays.indexOf(hour.day),
                  hour: hour.hour,
                  units: toUnits(hour.averageTotal),
                  text: hour.averageTotal.formatted,
                  count: hour.averageCount,
                }))}
              />
            );
          }}
        </Panel>
      </div>
    </div>
  );
}

function shortLabel(label: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(label) ? formatDay(label).slice(4) : label;
}

function isOpen(point: { from: string; to: string }, asOf: string | undefined): boolean {
  return asOf !== undefined && Date.parse(point.from) <= Date.parse(asOf) && Date.parse(asOf) < Date.parse(point.to);
}

/** The same place in the period before or after. */
export function move(on: string, period: Period, by: number): string {
  if (period === "DAY") return addDays(on, by);
  if (period === "WEEK") return addDays(on, 7 * by);
  const [year = 0, month = 1] = on.split("-").map(Number);
  const months = year * 12 + (month - 1) + (period === "MONTH" ? by : 12 * by);
  return `${String(Math.floor(months / 12)).padStart(4, "0")}-${String((months % 12) + 1).padStart(2, "0")}-01`;
}

/** The series that is shown with a period: the hours of a day, the days of a week or month, the months of a year. It ends before `to`. */
export function spanOf(on: string, period: Period): { from: string; to: string; by: "HOUR" | "DAY" | "MONTH" } {
  if (period === "DAY") return { from: on, to: addDays(on, 1), by: "HOUR" };
  if (period === "WEEK") {
    const weekday = (new Date(`${on}T00:00:00Z`).getUTCDay() + 6) % 7;
    return { from: addDays(on, -weekday), to: addDays(on, 7 - weekday), by: "DAY" };
  }
  if (period === "MONTH") {
    const from = `${on.slice(0, 7)}-01`;
    return { from, to: move(from, "MONTH", 1), by: "DAY" };
  }
  const from = `${on.slice(0, 4)}-01-01`;
  return { from, to: move(from, "YEAR", 1), by: "MONTH" };
}

/** The weeks that end with a period, or with today while it runs. */
export function busyWeeks(end: string, today: string): { from: string; to: string } {
  const tomorrow = addDays(today, 1);
  const to = end < tomorrow ? end : tomorrow;
  return { from: addDays(to, -7 * BusyWeeks), to };
}

/** What is added up while the period runs appears by itself. */
function useFigures(venueId: string, runs: boolean): void {
  const client = useQueryClient();
  const read = useThrottle(() => {
    for (const document of [RevenueQuery, SeriesQuery]) void client.invalidateQueries({ queryKey: [textOf(document)] });
  }, 2_000);
  const readRest = useThrottle(() => {
    for (const document of [TierQuery, PerformerQuery, SpendersQuery]) void client.invalidateQueries({ queryKey: [textOf(document)] });
  }, 15_000);
  const last = useRef<string>(undefined);
  useSubscription(
    RevenueChangedSubscription,
    runs ? { venueId } : undefined,
    (data: ResultOf<typeof RevenueChangedSubscription>) => {
      const { asOf, ...figures } = data.revenueChanged;
      const text = JSON.stringify(figures);
      // The first event says what has just been read.
      if (last.current !== undefined && last.current !== text) {
        read();
        readRest();
      }
      last.current = text;
      return undefined;
    },
  );
}

function Figures({ revenue, zone, period }: { revenue: RevenueFigures; zone: string; period: Period }) {
  if (revenue.count === 0 && revenue.otherCurrencies.length === 0) return <Empty>No payment was taken in this period.</Empty>;
  return (
    <div className="stack">
      <dl className="figures">
        <Figure
          label="Net"
          value={revenue.net.formatted}
          note={
            describeChange(revenue.net, revenue.previous?.net, beforeOf(revenue, zone, period)) ??
            `as of ${formatDateTime(revenue.asOf, zone)}`
          }
        />
        <Figure label="Payments" value={formatCount(revenue.count)} note={`${revenue.average.formatted} on average`} />
        <Figure label="Tips" value={revenue.tip.formatted} note={`of ${revenue.total.formatted} in all`} />
        <Figure
          label="Refunded"
          value={revenue.refunded.formatted}
          note={`${revenue.pending.formatted} authorised, not captured`}
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
      <div className="halves">
        <section>
          <h3 className="quiet small">By payment method</h3>
          <Slices caption="Net by payment method" slices={revenue.byPaymentMethod} nameOf={words} />
        </section>
        <section>
          <h3 className="quiet small">By provider</h3>
          <Slices caption="Net by provider" slices={revenue.byProvider} nameOf={words} />
        </section>
      </div>
      {revenue.pendingChanges > 0 ? (
        <p className="quiet small">{plural(revenue.pendingChanges, "change")} still to be added.</p>
      ) : null}
    </div>
  );
}

/** What a period is compared with: all of the one before, or as much of it as has passed of this one. */
export function beforeOf(revenue: Pick<RevenueFigures, "asOf" | "to" | "previous">, zone: string, period: Period): string {
  const before = `the ${period.toLowerCase()} before`;
  const runs = revenue.to !== null && Date.parse(revenue.asOf) < Date.parse(revenue.to);
  return runs && revenue.previous?.to ? `${before} until ${formatShort(revenue.previous.to, zone)}` : `all of ${before}`;
}

interface SlicesProps {
  caption: string;
  slices: readonly { key: string; count: number; net: Money }[];
  nameOf: (key: string) => string;
}

function Slices({ caption, slices, nameOf }: SlicesProps) {
  if (slices.length === 0) return <Empty>No payment was taken in this period.</Empty>;
  return (
    <Shares
      caption={caption}
      rows={slices.map((slice) => ({
        key: slice.key,
        label: nameOf(slice.key),
        count: slice.count,
        text: slice.net.formatted,
        units: toUnits(slice.net),
      }))}
    />
  );
}
