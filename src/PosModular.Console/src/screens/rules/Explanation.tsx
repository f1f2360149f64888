import { graphql, type ResultOf } from "../../app/graphql";
import { MoneyFields } from "../../app/queries";
import { words } from "../../time/time";
import { State } from "../../ui/Panel";

/** What a rule said, and why. */
export const ExplanationFields = graphql(
  `
    fragment ExplanationFields on RuleExplanation @_unmask {
      rule {
        id
        name
        unlocksTier
      }
      unlocked
      reasons
      missing {
        ...MoneyFields
      }
      nearestTransactionId
      conditions {
        kind
        met
        needed
        found
      }
    }
  `,
  [MoneyFields],
);

type Explained = ResultOf<typeof ExplanationFields>;

const Reasons: Record<string, string> = {
  DISABLED: "the rule is switched off or was deleted",
  BELOW_THRESHOLD: "the spend is below the threshold",
  OTHER_CURRENCY: "the payment's currency does not count for it",
  OUTSIDE_WINDOW: "the payment was outside its hours",
  NO_LIVE_SESSION: "nobody was on stage",
  OTHER_PERFORMER: "somebody else was on stage",
  RULES_OFF: "the point of sale is left out of the rules",
  REVOKED: "an unlock of it was revoked",
  ALREADY_UNLOCKED: "an earlier payment has unlocked it",
  NOT_TRIED_SINCE: "it is met now and is tried at the next payment",
};

/** Why a rule has not unlocked, in words; a reason that the console does not know stands as the API names it. */
export function reasonsOf(explained: Pick<Explained, "unlocked" | "reasons" | "missing">): string {
  if (explained.unlocked) return "unlocked";
  const list = explained.reasons.map((reason) =>
    reason === "BELOW_THRESHOLD" && explained.missing
      ? `${explained.missing.formatted} of spend are missing`
      : (Reasons[reason] ?? words(reason).toLowerCase()),
  );
  return list.join(", ") || "did not unlock";
}

/** A rule with what it said, and each of its conditions on demand. */
export function Explanation({ explained }: { explained: Explained }) {
  return (
    <div className="explained">
      <p>
        <State tone={explained.unlocked ? "good" : "off"}>{explained.rule.name}</State>{" "}
        <span className="quiet">
          {words(explained.rule.unlocksTier)}: {reasonsOf(explained)}
        </span>
      </p>
      {explained.conditions.length > 0 ? (
        <details>
          <summary className="quiet small">What it needed and what was found</summary>
          <table className="table">
            <caption className="hidden">Conditions of {explained.rule.name}</caption>
            <thead>
              <tr>
                <th scope="col">Condition</th>
                <th scope="col">Needed</th>
                <th scope="col">Found</th>
              </tr>
            </thead>
            <tbody>
              {explained.conditions.map((condition) => (
                <tr key={condition.kind}>
                  <td data-title="Condition">
                    <State tone={condition.met ? "good" : "warn"}>{words(condition.kind)}</State>
                  </td>
                  <td data-title="Needed">{condition.needed ?? "changed since"}</td>
                  <td data-title="Found">{condition.found ?? "no longer known"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      ) : null}
    </div>
  );
}
