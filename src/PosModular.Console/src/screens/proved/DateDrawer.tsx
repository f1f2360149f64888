import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import type { ResultOf } from "../../app/graphql";
import { useVenue } from "../../app/venue";
import { useApi } from "../../live/hooks";
import { request } from "../../live/request";
import { formatCount, formatDifference, type Money } from "../../money/money";
import { formatDateTime, formatLongDay, words } from "../../time/time";
import { Drawer } from "../../ui/Drawer";
import { FormError } from "../../ui/Field";
import { CopyQuery, Failure, Panel, State } from "../../ui/Panel";
import { useMutation } from "../../ui/useMutation";
import { DateQuery, FiguresQuery, ReconcileMutation, type Sums } from "./queries";
import { States } from "./states";

type Figures = NonNullable<ResultOf<typeof FiguresQuery>["venue"]>;
type Connection = NonNullable<Figures["reconciliation"]>["byConnection"][number];

/** What each kind of difference means, in words. */
const Kinds = {
  MISSING_HERE: "was missing here",
  UNKNOWN_THERE: "is unknown to the provider",
  AMOUNT: "had another amount",
  STATUS: "had another state",
  BUSINESS_DATE: "belonged to another day",
} as const;

/** One business date: how it compares, and for owners the figures and each payment that differed. */
export function DateDrawer({ date, close }: { date: string; close: () => void }) {
  const venue = useVenue();
  const { run, busy, error } = useMutation();
  const variables = { venueId: venue.id, date };
  const query = useApi(DateQuery, variables, { refreshSeconds: 30 });
  const found = query.data?.venue?.reconciliation;
  const again = () =>
    void run(async () => (await request(ReconcileMutation, { input: { venueId: venue.id, businessDate: date } })).reconcileDay);
  return (
    <Drawer
      title={formatLongDay(date)}
      note={found?.checkedAt ? `checked ${formatDateTime(found.checkedAt, venue.timeZone)}` : undefined}
      close={close}
    >
      {query.error && !query.data ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : query.data ? (
        <>
          <p>
            {found ? (
              <State tone={States[found.state].tone}>{States[found.state].word}</State>
            ) : (
              <span className="quiet">This day has not been compared, because it is older than the first connection.</span>
            )}
          </p>
          {found?.reason ? (
            <p>
              <span className="mono">{found.reason.code}</span> {found.reason.message}
            </p>
          ) : null}
          {date < venue.today ? (
            <div className="filters">
              <button type="button" className="button" disabled={busy || found?.state === "RUNNING"} onClick={again}>
                {found?.checkedAt ? "Compare again" : "Compare now"}
              </button>
              <CopyQuery document={DateQuery} variables={variables} />
            </div>
          ) : null}
          <FormError error={error} />
        </>
      ) : (
        <div className="skeleton" style={{ height: 96 }} role="status" aria-label="The day is being loaded" />
      )}
      {venue.isOwner ? (
        <Panel title="Ours and the provider's" document={FiguresQuery} variables={variables} height={240}>
          {(data) => <ByConnection figures={data.venue} venueId={venue.id} />}
        </Panel>
      ) : null}
    </Drawer>
  );
}

function ByConnection({ figures, venueId }: { figures: Figures | null; venueId: string }) {
  const all = figures?.reconciliation?.byConnection ?? [];
  if (all.length === 0)
    return <p className="empty">The figures appear when the day has been compared, and when it had payments.</p>;
  const nameOf = (id: string) => {
    const found = figures?.posConnections.find((connection) => connection.id === id);
    return found ? `${words(found.provider)} ${found.locationName ?? found.externalLocationId}` : "A connection";
  };
  return (
    <div className="stack">
      {all.map((one) => (
        <section
          key={`${one.connectionId} ${one.currency}`}
          className="form"
          aria-label={`${nameOf(one.connectionId)}, ${one.currency}`}
        >
          <h3>
            {nameOf(one.connectionId)}, {one.currency}
          </h3>
          <Compared one={one} />
          <Differing one={one} venueId={venueId} />
        </section>
      ))}
    </div>
  );
}

const Rows = [
  ["Total", (sums: Sums) => sums.total],
  ["Tips", (sums: Sums) => sums.tip],
  ["Refunded", (sums: Sums) => sums.refunded],
] as const;

/** Ours beside the provider's. What was stored before the repair has a column of its own where it was another figure. */
function Compared({ one }: { one: Connection }) {
  const repaired = JSON.stringify(one.ours) !== JSON.stringify(one.oursBefore);
  const difference = (ours: Money, theirs: Money) => formatDifference(ours, theirs);
  return (
    <table className="table">
      <caption className="hidden">Ours, the provider's and the difference</caption>
      <thead>
        <tr>
          <th scope="col">Figure</th>
          {repaired ? (
            <th scope="col" className="number">
              Ours before
            </th>
          ) : null}
          <th scope="col" className="number">
            Ours
          </th>
          <th scope="col" className="number">
            Provider's
          </th>
          <th scope="col" className="number">
            Difference
          </th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <td data-title="Figure">Payments</td>
          {repaired ? (
            <td data-title="Ours before" className="number quiet">
              {formatCount(one.oursBefore.count)}
            </td>
          ) : null}
          <td data-title="Ours" className="number">
            {formatCount(one.ours.count)}
          </td>
          <td data-title="Provider's" className="number">
            {formatCount(one.theirs.count)}
          </td>
          <td data-title="Difference" className="number strong">
            {formatCount(one.ours.count - one.theirs.count)}
          </td>
        </tr>
        {Rows.map(([label, amountOf]) => (
          <tr key={label}>
            <td data-title="Figure">{label}</td>
            {repaired ? (
              <td data-title="Ours before" className="number quiet">
                {amountOf(one.oursBefore).formatted}
              </td>
            ) : null}
            <td data-title="Ours" className="number">
              {amountOf(one.ours).formatted}
            </td>
            <td data-title="Provider's" className="number">
              {amountOf(one.theirs).formatted}
            </td>
            <td data-title="Difference" className="number strong">
              {difference(amountOf(one.ours), amountOf(one.theirs))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Differing({ one, venueId }: { one: Connection; venueId: string }) {
  if (one.differing.length === 0) return <p className="quiet">Each payment and refund is equal.</p>;
  return (
    <dl className="differing">
      {one.differing.map((payment) => (
        <Fragment key={`${payment.externalId} ${payment.kind}`}>
          <dt>
            {payment.transactionId ? (
              <Link
                className="link mono"
                to="/venues/$venueId/transactions"
                params={{ venueId }}
                search={{ transaction: payment.transactionId }}
              >
                {payment.externalId}
              </Link>
            ) : (
              <span className="mono">{payment.externalId}</span>
            )}{" "}
            {Kinds[payment.kind]}{" "}
            <State tone={payment.repaired ? "good" : "bad"}>{payment.repaired ? "Repaired" : "Still differs"}</State>
          </dt>
          <dd>
            {payment.ours?.formatted ?? "nothing"} here, {payment.theirs?.formatted ?? "nothing"} at the provider
            <p className="quiet small">{payment.detail}</p>
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}
