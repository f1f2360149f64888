import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useVenue } from "../../app/venue";
import { useApi } from "../../live/hooks";
import { request } from "../../live/request";
import { plural } from "../../money/money";
import { formatDateTime, words } from "../../time/time";
import { Drawer } from "../../ui/Drawer";
import { FormError } from "../../ui/Field";
import { CopyQuery, Empty, Failure, Figure } from "../../ui/Panel";
import { useMutation } from "../../ui/useMutation";
import { Explanation } from "../rules/Explanation";
import { Forget, Grant, Merge, Revoke } from "./changes";
import { ExplainQuery, type Found, type Member, MemberQuery, RuleNamesQuery, UnlinkMutation } from "./queries";

type Change = "grant" | "merge" | "forget" | Member["unlocks"][number];

interface DrawerProps {
  userId: string;
  close: () => void;
  open: (userId: string) => void;
}

/** One member: what they have, what they must still spend, what they are recognised by, and what may be done by hand. */
export function MemberDrawer({ userId, close, open }: DrawerProps) {
  const venue = useVenue();
  const [change, setChange] = useState<Change | null>(null);
  const variables = { venueId: venue.id, userId };
  const query = useApi(MemberQuery, variables, { refreshSeconds: 5 });
  const found = query.data?.venue;
  const stop = () => setChange(null);
  return (
    <Drawer title={userId} note={found?.member ? words(found.member.tier) : undefined} close={close}>
      {found?.member ? (
        <>
          <MemberDetails member={found.member} transactions={found.transactions.nodes} revoke={setChange} />
          <div className="filters">
            <button type="button" className="button" onClick={() => setChange("grant")}>
              Grant a tier
            </button>
            <button type="button" className="button" onClick={() => setChange("merge")}>
              Merge with another id
            </button>
            <button type="button" className="link red" onClick={() => setChange("forget")}>
              Forget this guest
            </button>
          </div>
          <CopyQuery document={MemberQuery} variables={variables} />
        </>
      ) : query.error ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : query.data ? (
        <p>No member of this venue has this user id.</p>
      ) : (
        <div className="skeleton" style={{ height: 320 }} />
      )}
      {change === "grant" ? (
        <Grant userId={userId} close={stop} />
      ) : change === "merge" ? (
        <Merge userId={userId} close={stop} open={open} />
      ) : change === "forget" ? (
        <Forget userId={userId} close={stop} done={close} />
      ) : change ? (
        <Revoke unlock={change} close={stop} />
      ) : null}
    </Drawer>
  );
}

interface DetailsProps {
  member: Member;
  transactions: Found["transactions"]["nodes"];
  revoke: (unlock: Member["unlocks"][number]) => void;
}

function MemberDetails({ member, transactions, revoke }: DetailsProps) {
  const { id: venueId, timeZone: zone } = useVenue();
  const next = member.nextTier;
  return (
    <>
      <dl className="figures">
        {member.lifetimeSpend.map((spend) => (
          <Figure key={spend.currency} label="Lifetime spend" value={spend.formatted} />
        ))}
        {next ? (
          <Figure
            label={`Until ${words(next.tier)}`}
            value={next.missing.formatted}
            note={
              next.missing.amountMinor > 0
                ? `more, by the rule "${next.rule.name}"`
                : `the spend is enough; the other conditions of "${next.rule.name}" are missing`
            }
          />
        ) : null}
        <Figure label="Access" plain value={member.access.map(words).join(", ") || "none"} />
        {member.firstSeenAt ? <Figure label="First seen" plain value={formatDateTime(member.firstSeenAt, zone)} /> : null}
      </dl>
      <section>
        <h3>Unlocks</h3>
        {member.unlocks.length === 0 ? <Empty>No rule has unlocked anything for this guest yet.</Empty> : null}
        <ul className="feedlist">
          {member.unlocks.map((unlock) => (
            <li key={unlock.id}>
              <span className="quiet">{words(unlock.tier)}</span>
              <span>
                {unlock.ruleName ?? "By hand"}, {formatDateTime(unlock.unlockedAt, zone)}
                {unlock.reason ? <span className="quiet">, {unlock.reason}</span> : null}
                {unlock.revokedAt ? <span className="quiet">, revoked: {unlock.revokedReason}</span> : null}
              </span>
              <span>
                {unlock.spendAtUnlock?.formatted}{" "}
                {unlock.revokedAt ? null : (
                  <button type="button" className="link" onClick={() => revoke(unlock)}>
                    Revoke
                  </button>
                )}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <Why venueId={venueId} userId={member.userId} />
      <Identities member={member} zone={zone} />
      <section>
        <h3>Tiers</h3>
        <ul className="feedlist">
          {member.history.map((change) => (
            <li key={`${change.at} ${change.to}`}>
              <span className="quiet">{words(change.to)}</span>
              <span>
                {change.reason} <span className="quiet">from {words(change.from).toLowerCase()}</span>
              </span>
              <span className="quiet">{formatDateTime(change.at, zone)}</span>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3>Latest payments</h3>
        <ul className="feedlist">
          {transactions.map((line) => (
            <li key={line.id}>
              <span className="quiet">{formatDateTime(line.occurredAt, zone).slice(-5)}</span>
              <Link to="/venues/$venueId/transactions" params={{ venueId }} search={{ transaction: line.id }}>
                {words(line.status)}, {formatDateTime(line.occurredAt, zone)}
              </Link>
              <span className="strong">{line.net.formatted}</span>
            </li>
          ))}
        </ul>
        <Link className="link" to="/venues/$venueId/transactions" params={{ venueId }} search={{ user: member.userId }}>
          All payments of this guest
        </Link>
      </section>
    </>
  );
}

/** Why a rule has or has not unlocked for the member. */
function Why({ venueId, userId }: { venueId: string; userId: string }) {
  const [ruleId, setRuleId] = useState("");
  const rules = useApi(RuleNamesQuery, { venueId }).data?.venue?.spendRules ?? [];
  const query = useApi(ExplainQuery, { venueId, userId, ruleId }, { enabled: ruleId !== "" });
  const explained = query.isPlaceholderData ? undefined : query.data?.venue?.member?.explain;
  if (rules.length === 0) return null;
  return (
    <section className="form" aria-label="Why a rule has not unlocked">
      <label className="field">
        <span>Why not?</span>
        <select className="input" value={ruleId} onChange={(event) => setRuleId(event.target.value)}>
          <option value="">Choose a rule</option>
          {rules.map((rule) => (
            <option key={rule.id} value={rule.id}>
              {rule.name}
            </option>
          ))}
        </select>
      </label>
      {ruleId === "" ? null : explained ? (
        <>
          <Explanation explained={explained} />
          {explained.nearestTransactionId ? (
            <Link
              className="link"
              to="/venues/$venueId/transactions"
              params={{ venueId }}
              search={{ transaction: explained.nearestTransactionId }}
            >
              {explained.unlocked ? "The payment that unlocked it" : "The payment that came nearest"}
            </Link>
          ) : null}
        </>
      ) : query.error ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className="skeleton" style={{ height: 48 }} role="status" aria-label="The explanation is being loaded" />
      )}
    </section>
  );
}

/** What the venue recognises the member by. */
function Identities({ member, zone }: { member: Member; zone: string }) {
  const { run, busy, error } = useMutation();
  const unlink = (identityId: string) =>
    void run(async () => (await request(UnlinkMutation, { input: { identityId } })).unlinkIdentity);
  return (
    <section aria-label="Recognised by">
      <h3>Recognised by</h3>
      {member.identities.length === 0 ? (
        <Empty>
          Nothing is linked to this guest. Open one of their payments to link its card, customer, e-mail address or phone number.
        </Empty>
      ) : null}
      <ul className="feedlist">
        {member.identities.map((identity) => (
          <li key={identity.id}>
            <span className="quiet">{words(identity.kind)}</span>
            <span>
              {identity.label}
              <span className="quiet">
                {identity.provider ? `, ${words(identity.provider)}` : ""}, {plural(identity.transactionCount, "payment")}
                {identity.lastSeenAt ? `, last on ${formatDateTime(identity.lastSeenAt, zone)}` : ""}
              </span>
            </span>
            <button type="button" className="link" disabled={busy} onClick={() => unlink(identity.id)}>
              Unlink
            </button>
          </li>
        ))}
      </ul>
      <FormError error={error} />
    </section>
  );
}
