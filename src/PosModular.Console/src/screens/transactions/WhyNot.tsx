import { graphql } from "../../app/graphql";
import { useApi } from "../../live/hooks";
import { CopyQuery, Failure } from "../../ui/Panel";
import { Explanation, ExplanationFields } from "../rules/Explanation";

const EvaluationQuery = graphql(
  `
    query ConsoleEvaluation($venueId: ID!, $id: ID!) {
      venue(id: $venueId) {
        transaction(id: $id) {
          evaluation {
            state
            rules {
              ...ExplanationFields
            }
          }
        }
      }
    }
  `,
  [ExplanationFields],
);

/** Why no rule was tried on a payment, by the state of its evaluation. */
const NotTried: Record<string, string> = {
  WAITING: "The rules have not reached this payment yet.",
  NO_USER: "No rule was tried, because the payment belongs to no guest.",
  RULES_OFF: "No rule was tried, because its point of sale is left out of the rules.",
  NOT_COUNTED: "No rule was tried, because a payment in this state does not count as spend.",
  DEAD_LETTER: "The rules could not try this payment. They try it again by themselves.",
  EVALUATED: "No rule was switched on when this payment was made, or it has never raised the guest's spend.",
};

/** What each rule said of a payment, or why none was tried. */
export function WhyNot({ venueId, id }: { venueId: string; id: string }) {
  const variables = { venueId, id };
  const query = useApi(EvaluationQuery, variables, { refreshSeconds: 5 });
  const evaluation = query.data?.venue?.transaction?.evaluation;
  return (
    <section aria-label="What the rules said">
      <h3>What the rules said</h3>
      {evaluation ? (
        evaluation.rules.length > 0 ? (
          evaluation.rules.map((explained) => <Explanation key={explained.rule.id} explained={explained} />)
        ) : (
          <p className="quiet">{NotTried[evaluation.state] ?? evaluation.state}</p>
        )
      ) : query.error ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className="skeleton" style={{ height: 48 }} role="status" aria-label="What the rules said is being loaded" />
      )}
      <CopyQuery document={EvaluationQuery} variables={variables} />
    </section>
  );
}
