import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { graphql, textOf } from "../../app/graphql";
import { useVenue } from "../../app/venue";
import { request } from "../../live/request";
import { formatDateTime } from "../../time/time";
import { CopyQuery, Empty, Failure } from "../../ui/Panel";
import { Table } from "../../ui/Table";

const AuditQuery = graphql(`
  query ConsoleAudit($venueId: ID!, $action: String, $userId: ID, $after: String) {
    venue(id: $venueId) {
      auditLog(action: $action, userId: $userId, first: 100, after: $after) {
        nodes {
          id
          at
          userId
          action
          subject
          detail
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

/** Who changed what? */
export function Audit() {
  const venue = useVenue();
  const search = useSearch({ from: "/venues/$venueId/audit" });
  const navigate = useNavigate({ from: "/venues/$venueId/audit" });
  const [user, setUser] = useState(search.user ?? "");
  const [action, setAction] = useState(search.action ?? "");
  const variables = { venueId: venue.id, action: search.action ?? null, userId: search.user ?? null };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void navigate({ search: { action: action.trim() || undefined, user: user.trim() || undefined }, replace: true });
  };
  const list = useInfiniteQuery({
    queryKey: [textOf(AuditQuery), variables],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => request(AuditQuery, { ...variables, after: pageParam }, signal),
    getNextPageParam: (page) => (page.venue?.auditLog.pageInfo.hasNextPage ? page.venue.auditLog.pageInfo.endCursor : undefined),
  });
  const entries = list.data?.pages.flatMap((page) => page.venue?.auditLog.nodes ?? []) ?? [];
  return (
    <div className="screen">
      <header>
        <h1>Audit</h1>
        <span className="grow" />
        <form className="filters" role="search" onSubmit={submit}>
          <label>
            <span className="hidden">Action</span>
            <input
              className="input"
              type="search"
              placeholder="Action"
              value={action}
              onChange={(event) => setAction(event.target.value)}
            />
          </label>
          <label>
            <span className="hidden">User id</span>
            <input
              className="input"
              type="search"
              placeholder="User id"
              value={user}
              onChange={(event) => setUser(event.target.value)}
            />
          </label>
          <button type="submit" className="button">
            Filter
          </button>
        </form>
        <CopyQuery document={AuditQuery} variables={variables} />
      </header>
      {list.error ? (
        <Failure error={list.error} retry={() => void list.refetch()} />
      ) : list.isPending ? (
        <div className="skeleton" style={{ height: 480 }} role="status" aria-label="The audit log is being loaded" />
      ) : entries.length === 0 ? (
        <Empty>
          {search.action || search.user
            ? "Nobody has done this. Remove a part of the filter to see more."
            : "Every change that somebody makes at this venue is written down here. Nobody has changed anything yet."}
        </Empty>
      ) : (
        <>
          <Table
            caption="Audit log, latest first"
            rows={entries}
            keyOf={(entry) => entry.id}
            columns={[
              { title: "Action", cell: (entry) => entry.action },
              { title: "When", number: true, cell: (entry) => formatDateTime(entry.at, venue.timeZone) },
              { title: "By", cell: (entry) => entry.userId },
              { title: "What", cell: (entry) => <span className="mono">{entry.subject}</span> },
              { title: "Detail", cell: (entry) => entry.detail },
            ]}
          />
          {list.hasNextPage ? (
            <button type="button" className="button" onClick={() => void list.fetchNextPage()} disabled={list.isFetchingNextPage}>
              Show more
            </button>
          ) : null}
        </>
      )}
    </div>
  );
}
