import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { graphql, textOf } from "../../app/graphql";
import { MoneyFields } from "../../app/queries";
import { useVenue } from "../../app/venue";
import { useApi } from "../../live/hooks";
import { request } from "../../live/request";
import { formatCount } from "../../money/money";
import { formatDateTime, words } from "../../time/time";
import { CopyQuery, Empty, Failure } from "../../ui/Panel";
import { Table } from "../../ui/Table";
import { MemberDrawer } from "./MemberDrawer";

const MembersQuery = graphql(
  `
    query ConsoleMembers($venueId: ID!, $tier: Tier, $search: String, $order: MemberOrder, $after: String) {
      venue(id: $venueId) {
        members(tier: $tier, search: $search, order: $order, first: 100, after: $after) {
          nodes {
            id
            userId
            tier
            firstSeenAt
            lastSeenAt
            lifetimeSpend {
              ...MoneyFields
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  `,
  [MoneyFields],
);

const TiersQuery = graphql(`
  query ConsoleTiers($venueId: ID!) {
    venue(id: $venueId) {
      tierCounts {
        tier
        members
      }
    }
  }
`);

const Orders = ["LAST_SEEN_FIRST", "SPEND_FIRST", "NEWEST_FIRST"] as const;
const Tiers = ["GUEST", "REGULAR", "PLATINUM", "WHALE"] as const;

/** Who came back? */
export function Members() {
  const venue = useVenue();
  const search = useSearch({ from: "/venues/$venueId/members" });
  const navigate = useNavigate({ from: "/venues/$venueId/members" });
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const [text, setText] = useState(search.search ?? "");
  const tier = Tiers.find((t) => t === search.tier) ?? null;
  const order = Orders.find((o) => o === search.order) ?? "LAST_SEEN_FIRST";
  const counts = useApi(TiersQuery, { venueId: venue.id }, { refreshSeconds: 30 }).data?.venue?.tierCounts;
  const variables = { venueId: venue.id, tier, search: search.search ?? null, order };
  const list = useInfiniteQuery({
    queryKey: [textOf(MembersQuery), variables],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => request(MembersQuery, { ...variables, after: pageParam }, signal),
    getNextPageParam: (page) => (page.venue?.members.pageInfo.hasNextPage ? page.venue.members.pageInfo.endCursor : undefined),
    // A change by hand, such as a merge, reaches the list a moment after its answer. A long list is not read again by itself.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 3 ? false : 10_000),
  });
  const members = list.data?.pages.flatMap((page) => page.venue?.members.nodes ?? []) ?? [];
  const open = (event: FormEvent) => {
    event.preventDefault();
    set({ search: text.trim() || undefined });
  };
  return (
    <div className="screen">
      <header>
        <h1>Members</h1>
        <span className="grow" />
        <div className="choice" role="group" aria-label="Tier">
          {[undefined, ...Tiers].map((t) => (
            <button type="button" key={t ?? "all"} aria-pressed={(tier ?? undefined) === t} onClick={() => set({ tier: t })}>
              {t ? words(t) : "All tiers"}
              {t && counts ? <span className="quiet"> {formatCount(counts.find((c) => c.tier === t)?.members ?? 0)}</span> : null}
            </button>
          ))}
        </div>
        <form className="filters" onSubmit={open} role="search">
          <label>
            <span className="hidden">Part of a user id</span>
            <input
              className="input"
              type="search"
              placeholder="User id"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </label>
          <label>
            <span className="hidden">Order</span>
            <select className="input" value={order} onChange={(event) => set({ order: event.target.value })}>
              <option value="LAST_SEEN_FIRST">Last seen first</option>
              <option value="SPEND_FIRST">Highest spend first</option>
              <option value="NEWEST_FIRST">Newest first</option>
            </select>
          </label>
          <button type="submit" className="button">
            Search
          </button>
        </form>
        <CopyQuery document={MembersQuery} variables={variables} />
      </header>
      {list.error && !list.data ? (
        <Failure error={list.error} retry={() => void list.refetch()} />
      ) : list.isPending ? (
        <div className="skeleton" style={{ height: 480 }} role="status" aria-label="Members are being loaded" />
      ) : members.length === 0 ? (
        <Empty>
          {search.search
            ? "No member's user id contains this. Search for less of it."
            : tier
              ? `No member has the tier ${words(tier)} yet.`
              : "Members appear when a guest's card is linked to a user. Open a transaction and link its card."}
        </Empty>
      ) : (
        <>
          <Table
            caption="Members"
            rows={members}
            keyOf={(member) => member.id}
            open={(member) => set({ member: member.userId })}
            columns={[
              { title: "Guest", cell: (member) => member.userId },
              {
                title: "Lifetime spend",
                number: true,
                cell: (member) => (
                  <span className="strong">{member.lifetimeSpend.map((m) => m.formatted).join(", ") || "nothing yet"}</span>
                ),
              },
              { title: "Tier", cell: (member) => words(member.tier) },
              {
                title: "Last seen",
                number: true,
                cell: (member) => (member.lastSeenAt ? formatDateTime(member.lastSeenAt, venue.timeZone) : ""),
              },
            ]}
          />
          {list.hasNextPage ? (
            <button type="button" className="button" onClick={() => void list.fetchNextPage()} disabled={list.isFetchingNextPage}>
              Show more
            </button>
          ) : null}
        </>
      )}
      {search.member ? (
        <MemberDrawer
          key={search.member}
          userId={search.member}
          close={() => set({ member: undefined })}
          open={(userId) => set({ member: userId })}
        />
      ) : null}
    </div>
  );
}
