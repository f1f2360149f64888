import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { graphql, type ResultOf, type VariablesOf } from "../../app/graphql";
import { MoneyFields } from "../../app/queries";
import { useVenue } from "../../app/venue";
import { request } from "../../live/request";
import { formatCount, plural } from "../../money/money";
import { formatShort, words } from "../../time/time";
import { CopyQuery, Failure } from "../../ui/Panel";

const SimulateQuery = graphql(
  `
    query ConsoleSimulateRule($venueId: ID!, $rule: CreateSpendRuleInput!) {
      venue(id: $venueId) {
        simulateSpendRule(rule: $rule) {
          usersUnlocked
          alreadyUnlocked
          today
          transactionsRead
          first {
            userId
            transactionId
            at
            spend {
              ...MoneyFields
            }
          }
        }
      }
    }
  `,
  [MoneyFields],
);

export type RuleInput = VariablesOf<typeof SimulateQuery>["rule"];
type Simulation = NonNullable<ResultOf<typeof SimulateQuery>["venue"]>["simulateSpendRule"];

const Listed = 5;

/** "41 guests would unlock, 6 of them today. 30 of them hold Regular or more already." */
export function describe(simulation: Pick<Simulation, "usersUnlocked" | "alreadyUnlocked" | "today">, tier: string): string {
  if (simulation.usersUnlocked === 0) return "No guest would unlock.";
  const all = `${plural(simulation.usersUnlocked, "guest")} would unlock, ${formatCount(simulation.today)} of them today.`;
  if (simulation.alreadyUnlocked === 0) return `${all} None of them holds ${words(tier)} yet.`;
  return `${all} ${formatCount(simulation.alreadyUnlocked)} of them hold ${words(tier)} or more already.`;
}

interface WhatIfProps {
  /** The rule as it stands in the form; null while it is not whole. */
  rule: RuleInput | null;
  /** The rules that unlock the same tier now. */
  present: readonly { id: string; name: string; usersUnlocked: number }[];
}

/** Tries a rule on the payments that are there, before it is saved. */
export function WhatIf({ rule, present }: WhatIfProps) {
  const venue = useVenue();
  const [result, setResult] = useState<{ rule: RuleInput; simulation: Simulation } | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [running, setRunning] = useState<AbortController | null>(null);
  const current = useRef<AbortController | null>(null);
  useEffect(() => () => current.current?.abort(), []);
  const run = async () => {
    if (!rule) return;
    const abort = new AbortController();
    current.current = abort;
    setRunning(abort);
    setError(null);
    try {
      const data = await request(SimulateQuery, { venueId: venue.id, rule }, abort.signal);
      if (data.venue) setResult({ rule, simulation: data.venue.simulateSpendRule });
    } catch (thrown) {
      if (!abort.signal.aborted) setError(thrown as Error);
    } finally {
      if (current.current === abort) setRunning(null);
    }
  };
  const stop = () => {
    running?.abort();
    setRunning(null);
  };
  const outdated = result !== null && JSON.stringify(result.rule) !== JSON.stringify(rule);
  return (
    <section className="form" aria-label="What if" aria-busy={running !== null}>
      <div className="filters">
        <button type="button" className="button" disabled={!rule || running !== null} onClick={() => void run()}>
          {running ? "Trying it" : "What if?"}
        </button>
        {running ? (
          <button type="button" className="link" onClick={stop}>
            Stop
          </button>
        ) : null}
        {rule ? <CopyQuery document={SimulateQuery} variables={{ venueId: venue.id, rule }} /> : null}
      </div>
      {error ? <Failure error={error} retry={() => void run()} /> : null}
      {result ? (
        <div className="panel" data-stale={outdated}>
          <div className="content form" role="status">
            <p>
              <span className="strong">{describe(result.simulation, result.rule.unlocksTier)}</span>
              {outdated ? " The rule has been changed since; try it again." : ""}
            </p>
            {present.length > 0 ? (
              <p className="quiet">
                Now: {present.map((one) => `${plural(one.usersUnlocked, "guest")} by "${one.name}"`).join(", ")}.
              </p>
            ) : null}
            <ul className="feedlist">
              {result.simulation.first.slice(0, Listed).map((unlock) => (
                <li key={unlock.transactionId}>
                  <span className="quiet">{formatShort(unlock.at, venue.timeZone)}</span>
                  <Link to="/venues/$venueId/members" params={{ venueId: venue.id }} search={{ member: unlock.userId }}>
                    {unlock.userId}
                  </Link>
                  <span>{unlock.spend.formatted}</span>
                </li>
              ))}
            </ul>
            {result.simulation.usersUnlocked > Listed ? (
              <p className="quiet small">
                The first {Listed} of them, by {plural(result.simulation.transactionsRead, "payment")} read.
              </p>
            ) : null}
          </div>
        </div>
      ) : null}
    </section>
  );
}
