import { type ReactNode, useState } from "react";
import { type Document, textOf } from "../app/graphql";
import { useApi } from "../live/hooks";
import { ApiError } from "../live/request";

interface PanelProps<TData, TVariables> {
  title: string;
  document: Document<TData, TVariables>;
  variables: TVariables;
  /** The height that the skeleton keeps free, in pixels. */
  height?: number;
  /** Further controls in the heading. */
  tools?: ReactNode;
  refreshSeconds?: number;
  enabled?: boolean;
  children: (data: TData) => ReactNode;
}

/** A part of a screen with a query of its own. When it fails, the rest of the screen stays. */
export function Panel<TData, TVariables>(props: PanelProps<TData, TVariables>) {
  const { title, document, variables, height = 160, tools, children } = props;
  const options = {
    ...(props.refreshSeconds ? { refreshSeconds: props.refreshSeconds } : {}),
    ...(props.enabled === undefined ? {} : { enabled: props.enabled }),
  };
  const query = useApi(document, variables, options);
  return (
    <section
      className="panel"
      aria-label={title}
      data-stale={query.isPlaceholderData || (query.isError && query.data !== undefined)}
    >
      <header>
        <h2>{title}</h2>
        {tools}
        <CopyQuery document={document} variables={variables} />
      </header>
      <div className="content">
        {query.data !== undefined ? (
          children(query.data)
        ) : query.error ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : (
          <div className="skeleton" style={{ height }} role="status" aria-label={`${title} is being loaded`} />
        )}
      </div>
    </section>
  );
}

export function Failure({ error, retry }: { error: Error; retry: () => void }) {
  return (
    <div className="failure" role="alert">
      <p>
        <span className="mono red">{error instanceof ApiError ? error.code : "ERROR"}</span> {error.message}
      </p>
      <button type="button" className="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

/** Copies the query of a panel, with its variables, as it can be pasted into the IDE at /graphql. */
export function CopyQuery({ document, variables }: { document: object; variables: unknown }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(`${textOf(document)}\n\n# variables\n# ${JSON.stringify(variables)}\n`);
    setCopied(true);
  };
  return (
    <button type="button" className="tool" onClick={() => void copy()} onBlur={() => setCopied(false)}>
      {copied ? "Copied" : "Show as GraphQL"}
    </button>
  );
}

export function Figure({ label, value, note, plain }: { label: string; value: ReactNode; note?: ReactNode; plain?: boolean }) {
  return (
    <div className={plain ? "figure plain" : "figure"}>
      <dt>{label}</dt>
      <dd>
        {value}
        {note ? <div className="note">{note}</div> : null}
      </dd>
    </div>
  );
}

/** A name and its value in a list of facts. */
export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}

export type Tone = "good" | "warn" | "bad" | "off" | "plain";

export function State({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className="state" data-tone={tone}>
      {children}
    </span>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <p className="empty">{children}</p>;
}
