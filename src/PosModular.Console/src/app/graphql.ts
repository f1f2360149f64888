import { print } from "@0no-co/graphql.web";
import { initGraphQLTada, type TadaDocumentNode } from "gql.tada";
import type { introspection } from "../graphql-env.d.ts";

/** Documents are typed from schema.graphql, so that a change that breaks the console fails its build. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; Decimal: number; LocalDate: string; LocalTime: string; Long: number };
}>();

export type { FragmentOf, ResultOf, VariablesOf } from "gql.tada";
export { readFragment } from "gql.tada";

export type Document<TData, TVariables> = TadaDocumentNode<TData, TVariables>;

const texts = new WeakMap<object, string>();

/** The text of a document, as it is sent and as "Show as GraphQL" copies it. */
export function textOf(document: object): string {
  let text = texts.get(document);
  if (text === undefined) {
    text = print(document as Parameters<typeof print>[0]);
    texts.set(document, text);
  }
  return text;
}
