import { useNavigate, useSearch } from "@tanstack/react-router";
import { graphql, type ResultOf } from "../../app/graphql";
import { MoneyFields } from "../../app/queries";
import { useVenue } from "../../app/venue";
import { changeBetween, formatCount, formatShare, plural, toUnits } from "../../money/money";
import { addDays, formatDateTime, formatDay, formatTime, words } from "../../time/time";
import { BarChart, Shares } from "../../ui/BarChart";
import { Empty, Figure, Panel } from "../../ui/Panel";

const RevenueQuery = graphql(
  `
    query ConsoleRevenue($venueId: ID!, $period: RevenuePeriod!, $on: LocalDate!, $before: LocalDate!) {
      venue(id: $venueId) {
        revenue(period: $period, on: $on) {
          asOf
          from
          to
          currency
          count
          pendingChanges
          net {
            ...MoneyFields
          }
          total {
            ...MoneyFields
          }
          tip {
            ...MoneyFields
          }
          refunded {
            ...MoneyFields
          }
          pending {
            ...MoneyFields
          }
          average {
            ...MoneyFields
          }
          byPaymentMethod {
            key
            count
            net {
              ...MoneyFields
            }
          }
          byProvider {
            key
            count
            net {
              ...MoneyFields
            }
          }
          otherCurrencies {
            currency
            count
            net {
              ...MoneyFields
            }
          }
        }
        before: revenue(period: $period, on: $before) {
          from
          net {
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
        variables={{ venueId: venue.id, period, on, before: move(on, period, -1) }}
        height={260}
        refreshSeconds={15}
      >
        {(data) => (data.venue ? <Figures data={data.venue} zone={venue.timeZone} period={period} /> : null)}
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
      <Panel
        title="Guests who spent most"
        document={SpendersQuery}
        variables={{ venueId: venue.id, period, on }}
        height={160}
        refreshSeconds={30}
      >
        {(data) => {
          const spenders = data.venue?.topSpenders ?? [];
          return spenders.length === 0 ? (
            <Empty>No payment of this period belongs to a known guest.</Empty>
          ) : (
            <Shares
              rows={spenders.map((guest) => ({
                key: guest.userId,
                label: `${guest.userId}${guest.member ? `, ${words(guest.member.tier)}` : ""}, ${plural(guest.count, "payment")}`,
                text: guest.total.formatted,
                units: toUnits(guest.total),
              }))}
            />
          );
        }}
      </Panel>
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

type Data = NonNullable<ResultOf<typeof RevenueQuery>["venue"]>;

function Figures({ data, zone, period }: { data: Data; zone: string; period: Period }) {
  const { revenue, before } = data;
  const change = changeBetween(revenue.net, before.net);
  if (revenue.count === 0 && revenue.otherCurrencies.length === 0) return <Empty>No payment was taken in this period.</Empty>;
  return (
    <div className="stack">
      <dl className="figures">
        <Figure
          label="Net"
          value={revenue.net.formatted}
          note={
            change === null
              ? `as of ${formatDateTime(revenue.asOf, zone)}`
              : `${change >= 0 ? "+" : "−"}${formatShare(Math.abs(change))} against all of the ${period.toLowerCase()} before`
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
      <div className="columns">
        <section>
          <h3 className="quiet small">By payment method</h3>
          <Shares rows={revenue.byPaymentMethod.map(share)} />
        </section>
        <section>
          <h3 className="quiet small">By provider</h3>
          <Shares rows={revenue.byProvider.map(share)} />
        </section>
      </div>
      {revenue.pendingChanges > 0 ? (
        <p className="quiet small">{plural(revenue.pendingChanges, "change")} still to be added.</p>
      ) : null}
    </div>
  );
}

function share(slice: { key: string; count: number; net: { formatted: string; amountMinor: number; decimals: number } }) {
  return {
    key: slice.key,
    label: `${words(slice.key)}, ${formatCount(slice.count)}`,
    text: slice.net.formatted,
    units: slice.net.amountMinor / 10 ** slice.net.decimals,
  };
}
