import { useState } from "react";
import { currentToken } from "../../app/session";
import { useVenue } from "../../app/venue";

/** How do I build on it? */
export function Api() {
  const venue = useVenue();
  const [withToken, setWithToken] = useState(false);
  const token = withToken ? (currentToken() ?? "") : "$TOKEN";
  const url = `${location.origin}/graphql`;
  const query = `{ venue(id: \\"${venue.id}\\") { name today transactions(first: 3) { nodes { id net { formatted } } } } }`;
  const curl = `curl ${url} \\
  -H 'Content-Type: application/json' -H 'Authorization: Bearer ${token}' \\
  -d '{"query": "${query}"}'`;
  const client = `import { createClient } from "graphql-ws";

const client = createClient({
  url: "${url.replace(/^http/, "ws")}",
  connectionParams: { Authorization: "Bearer ${token}" },
});

const variables = { venueId: ${JSON.stringify(venue.id)}, after: undefined };
for await (const { data } of client.iterate({
  query: \`subscription ($venueId: ID!, $after: String) {
    transactionChanged(venueId: $venueId, after: $after) { id cursor status net { formatted } }
  }\`,
  variables,
})) {
  variables.after = data.transactionChanged.cursor; // a reconnect goes on exactly here
  console.log(data.transactionChanged);
}`;
  const csv = `curl '${location.origin}/api/venues/${encodeURIComponent(venue.id)}/transactions.csv?statuses=COMPLETED' \\
  -H 'Authorization: Bearer ${token}' -o transactions.csv`;
  return (
    <div className="screen">
      <header>
        <h1>API</h1>
        <span className="grow" />
        <a className="link" href="/graphql">
          Open the GraphQL IDE
        </a>
        <label>
          <input type="checkbox" checked={withToken} onChange={(event) => setWithToken(event.target.checked)} /> With my token
        </label>
      </header>
      <p className="quiet">
        Everything on these screens comes from one GraphQL endpoint, and "Show as GraphQL" on each panel copies its query.
      </p>
      <Snippet title="A query with curl" text={curl} />
      <Snippet title="Live, with graphql-ws" text={client} />
      <Snippet title="Transactions as CSV" text={csv} />
    </div>
  );
}

function Snippet({ title, text }: { title: string; text: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <section className="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <button type="button" className="tool" onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}>
          {copied ? "Copied" : "Copy"}
        </button>
      </header>
      <pre tabIndex={0}>{text}</pre>
    </section>
  );
}
