import { useVenue } from "../../app/venue";
import { useApi } from "../../live/hooks";
import { formatDay, formatSeconds, words } from "../../time/time";
import { Drawer } from "../../ui/Drawer";
import { CopyQuery, Fact, Failure, Figure, State } from "../../ui/Panel";
import { Guest } from "./Guest";
import { toneOf } from "./list";
import { DetailQuery } from "./queries";
import { paidBy } from "./Transactions";
import { WhyNot } from "./WhyNot";

/** One payment: its amounts, every state it had, its refunds and what it unlocked. */
export function TransactionDrawer({ id, close }: { id: string; close: () => void }) {
  const venue = useVenue();
  const variables = { venueId: venue.id, id };
  const query = useApi(DetailQuery, variables, { refreshSeconds: 5 });
  const found = query.data?.venue?.transaction;
  const at = (time: string) => formatSeconds(time, venue.timeZone);
  if (!found)
    return (
      <Drawer title="Transaction" close={close}>
        {query.error ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : query.data ? (
          <p>There is no such transaction at this venue.</p>
        ) : (
          <div className="skeleton" style={{ height: 320 }} />
        )}
      </Drawer>
    );
  const amounts = [
    ["Subtotal", found.subtotal],
    ["Discount", found.discount],
    ["Tax", found.tax],
    ["Service charge", found.serviceCharge],
    ["Tip", found.tip],
    ["Total", found.total],
    ["Refunded", found.refunded],
    ["Net", found.net],
  ] as const;
  return (
    <Drawer
      title={<span className="mono">{found.externalId}</span>}
      note={`${formatDay(found.businessDate)}, ${at(found.occurredAt)}, ${paidBy(found)}`}
      close={close}
    >
      <dl className="figures">
        <Figure label="Net" value={found.net.formatted} note={<State tone={toneOf(found.status)}>{words(found.status)}</State>} />
      </dl>
      <section>
        <h3>Amounts</h3>
        <dl className="facts">
          {amounts.map(([label, money]) => (
            <Fact key={label} label={label}>
              {money.formatted}
            </Fact>
          ))}
        </dl>
        {found.breakdownComplete ? null : (
          <p className="quiet small">Tax and discount are known once the provider has sent the order.</p>
        )}
      </section>
      <section>
        <h3>Guest</h3>
        <Guest
          venueId={venue.id}
          transactionId={found.id}
          userId={found.userId}
          matchedBy={found.matchedBy}
          identityKinds={found.identityKinds}
          zone={venue.timeZone}
        />
      </section>
      {found.unlocks.length > 0 ? (
        <section>
          <h3>Unlocked</h3>
          <ul>
            {found.unlocks.map((unlock) => (
              <li key={unlock.id}>
                {words(unlock.tier)} by {unlock.ruleName ?? "hand"}
                {unlock.revokedAt ? ", revoked since" : ""}
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <WhyNot venueId={venue.id} id={found.id} />
      {found.refunds.length > 0 ? (
        <section>
          <h3>Refunds</h3>
          <ul className="feedlist">
            {found.refunds.map((refund) => (
              <li key={refund.id}>
                <span className="quiet">{at(refund.createdAt).slice(0, 5)}</span>
                <span>
                  {words(refund.status)}
                  {refund.reason ? `: ${refund.reason}` : ""}
                </span>
                <span>{refund.amount.formatted}</span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <section>
        <h3>History</h3>
        <ul className="feedlist">
          {found.history.map((version) => (
            <li key={version.cursor}>
              <span className="quiet">{at(version.recordedAt)}</span>
              <span>
                {words(version.status)}
                <span className="quiet"> by {words(version.cause)}</span>
                {version.applied ? "" : <span className="quiet">, older than what was known</span>}
              </span>
              <span>{version.total.formatted}</span>
            </li>
          ))}
        </ul>
      </section>
      <dl className="facts small">
        <Fact label="Recorded">{at(found.recordedAt)}</Fact>
        {found.externalOrderId ? <Fact label="Order">{found.externalOrderId}</Fact> : null}
        {found.performerId ? <Fact label="On stage">{found.performerId}</Fact> : null}
        <Fact label="Id">{found.id}</Fact>
      </dl>
      <CopyQuery document={DetailQuery} variables={variables} />
    </Drawer>
  );
}
