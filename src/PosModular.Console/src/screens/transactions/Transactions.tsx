import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type FormEvent, useEffect, useMemo, useRef, useState } from "react";
import { type ResultOf, textOf, type VariablesOf } from "../../app/graphql";
import { currentToken } from "../../app/session";
import { useVenue } from "../../app/venue";
import { useApi, useSubscription } from "../../live/hooks";
import { request } from "../../live/request";
import { formatCount, plural } from "../../money/money";
import { formatShort, words } from "../../time/time";
import { CopyQuery, Empty, Failure, Figure, State } from "../../ui/Panel";
import { isNewer, toneOf, upsert } from "./list";
import { ChangedSubscription, DecimalsQuery, type Line, ListQuery, TotalsQuery } from "./queries";
import { TransactionDrawer } from "./TransactionDrawer";

type Search = ReturnType<typeof useFilters>["search"];
type Filter = NonNullable<VariablesOf<typeof ListQuery>["filter"]>;
type Order = NonNullable<VariablesOf<typeof ListQuery>["order"]>;

const PageSize = 100;
const Statuses = ["PENDING", "AUTHORIZED", "COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED", "CANCELED", "FAILED"] as const;
const Methods = ["CARD", "CASH", "WALLET", "GIFT_CARD", "BANK_ACCOUNT", "BUY_NOW_PAY_LATER", "HOUSE_ACCOUNT", "OTHER"] as const;
const Orders = ["NEWEST_FIRST", "OLDEST_FIRST", "LARGEST_FIRST"] as const;

function useFilters() {
  const search = useSearch({ from: "/venues/$venueId/transactions" });
  const navigate = useNavigate({ from: "/venues/$venueId/transactions" });
  return {
    search,
    set: (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true }),
  };
}

/** The filter of the API for an address. Returns null when nothing is filtered. */
export function filterOf(search: Search, decimals: number): Filter | null {
  const amount = (text: string | undefined) =>
    text && /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 10 ** decimals) : undefined;
  const filter: Record<string, unknown> = {
    search: search.search,
    statuses: search.status ? [search.status] : undefined,
    provider: search.provider,
    paymentMethods: search.method ? [search.method] : undefined,
    matched: search.matched === undefined ? undefined : search.matched === "yes",
    userId: search.user,
    businessDateFrom: search.from,
    businessDateTo: search.to,
    tier: search.tier,
    minTotalMinor: amount(search.min),
    maxTotalMinor: amount(search.max),
  };
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  return Object.keys(given).length > 0 ? (given as Filter) : null;
}

/** Where is this payment? */
export function Transactions() {
  const venue = useVenue();
  const { search, set } = useFilters();
  const decimals = useApi(DecimalsQuery, { venueId: venue.id }).data?.venue?.revenue.net.decimals ?? 0;
  const filter = useMemo(() => filterOf(search, decimals), [search, decimals]);
  const order = (Orders as readonly string[]).includes(search.order ?? "") ? (search.order as Order) : "NEWEST_FIRST";
  const variables = { venueId: venue.id, filter, order, first: PageSize };
  const list = useInfiniteQuery({
    queryKey: [textOf(ListQuery), variables],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => request(ListQuery, { ...variables, after: pageParam }, signal),
    getNextPageParam: (page) =>
      page.venue?.transactions.pageInfo.hasNextPage ? page.venue.transactions.pageInfo.endCursor : undefined,
  });
  const pages = list.data?.pages;
  const stored = useMemo(() => pages?.flatMap((page) => page.venue?.transactions.nodes ?? []) ?? [], [pages]);

  // States that have arrived since the list was read. Those of lines in the list show at once; new lines wait until they are asked for.
  const [changed, setChanged] = useState<ReadonlyMap<string, Line>>(new Map());
  const [waiting, setWaiting] = useState<readonly Line[]>([]);
  const [shown, setShown] = useState<readonly Line[]>([]);
  const key = JSON.stringify(variables);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list begins with nothing new
  useEffect(() => {
    setChanged(new Map());
    setWaiting([]);
    setShown([]);
  }, [key]);
  const cursor = pages?.[0]?.venue?.feedCursor;
  const known = useMemo(() => new Set([...stored, ...shown].map((line) => line.id)), [stored, shown]);
  useSubscription(
    ChangedSubscription,
    cursor ? { venueId: venue.id, after: cursor } : undefined,
    (data: ResultOf<typeof ChangedSubscription>) => {
      const line = data.transactionChanged;
      if (known.has(line.id)) setChanged((old) => new Map(old).set(line.id, line));
      else if (!filter && order === "NEWEST_FIRST" && isWithin(line)) setWaiting((old) => upsert(old, line, 10_000));
      return line.cursor;
    },
  );
  // A payment that arrives late belongs between others, if it lies within what has been read so far.
  const isWithin = (line: Line) => !list.hasNextPage || !stored.at(-1) || isNewer(line, stored.at(-1) as Line);
  const lines = useMemo(() => {
    const all = shown.length === 0 ? stored : [...shown, ...stored].sort((a, b) => (isNewer(a, b) ? -1 : 1));
    return all.map((line) => changed.get(line.id) ?? line);
  }, [shown, stored, changed]);
  const box = useRef<HTMLDivElement>(null);
  const showWaiting = () => {
    setShown((old) => [...waiting, ...old]);
    setWaiting([]);
    box.current?.scrollTo({ top: 0 });
  };

  return (
    <div className="screen">
      <header>
        <h1>Transactions</h1>
        <span className="grow" />
        {waiting.length > 0 ? (
          <button type="button" className="button main" onClick={showWaiting}>
            {formatCount(waiting.length)} new
          </button>
        ) : null}
        <CsvButton venueId={venue.id} venueName={venue.name} filter={filter} />
        <CopyQuery document={ListQuery} variables={variables} />
      </header>
      <Filters search={search} set={set} order={order} today={venue.today} />
      <Totals venueId={venue.id} filter={filter} />
      {list.error && stored.length === 0 ? (
        <Failure error={list.error} retry={() => void list.refetch()} />
      ) : list.isPending ? (
        <div className="skeleton" style={{ height: 480 }} role="status" aria-label="Transactions are being loaded" />
      ) : lines.length === 0 ? (
        <Empty>
          {filter
            ? "No transaction matches this filter. Remove a part of it to see more."
            : "Transactions appear here as soon as the first payment is taken at a connected point of sale."}
        </Empty>
      ) : (
        <VirtualLines
          box={box}
          lines={lines}
          zone={venue.timeZone}
          current={search.transaction}
          more={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
          open={(id) => set({ transaction: id })}
        />
      )}
      {search.transaction ? <TransactionDrawer id={search.transaction} close={() => set({ transaction: undefined })} /> : null}
    </div>
  );
}

/** What the list adds up to. Currencies stand side by side and are never added. */
function Totals({ venueId, filter }: { venueId: string; filter: Filter | null }) {
  const query = useApi(TotalsQuery, { venueId, filter }, { refreshSeconds: 30 });
  if (query.error && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const totals = query.data?.venue?.transactions.totals;
  if (!totals) return <div className="skeleton" style={{ height: 52 }} role="status" aria-label="The totals are being loaded" />;
  return (
    <dl className="figures" data-stale={query.isPlaceholderData}>
      {totals.length === 0 ? <Figure label="Payments" value="0" plain /> : null}
      {totals.map((sum) => (
        <Figure
          key={sum.currency}
          plain
          label={plural(sum.count, "payment")}
          value={`${sum.net.formatted} net`}
          note={`${sum.tip.formatted} tips, ${sum.refunded.formatted} refunded`}
        />
      ))}
    </dl>
  );
}

interface LinesProps {
  box: React.RefObject<HTMLDivElement | null>;
  lines: readonly Line[];
  zone: string;
  current: string | undefined;
  more: (() => void) | undefined;
  open: (id: string) => void;
}

function VirtualLines({ box, lines, zone, current, more, open }: LinesProps) {
  const narrow = window.matchMedia("(max-width: 900px)").matches;
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => (narrow ? 56 : 40),
    overscan: 12,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= lines.length - 30) more();
  }, [more, last, lines.length]);
  return (
    <div>
      <div className="line heading" aria-hidden="true">
        <span>Time</span>
        <span>Guest</span>
        <span>Paid by</span>
        <span>State</span>
        <span className="number">Tip</span>
        <span className="number">Net</span>
      </div>
      <div className="list" ref={box} role="group" aria-label="Transactions">
        <div className="inner" style={{ height: rows.getTotalSize() }}>
          {items.map((item) => {
            const line = lines[item.index];
            return line ? (
              <button
                type="button"
                key={line.id}
                className="line"
                data-row=""
                aria-current={line.id === current}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => open(line.id)}
              >
                <span>{formatShort(line.occurredAt, zone)}</span>
                <span className="clip">{line.userId ?? <span className="quiet">no guest</span>}</span>
                <span className="clip quiet">{paidBy(line)}</span>
                <span>
                  <State tone={toneOf(line.status)}>{words(line.status)}</State>
                </span>
                <span className="number quiet">{line.tip.amountMinor === 0 ? "" : line.tip.formatted}</span>
                <span className="number strong">{line.net.formatted}</span>
              </button>
            ) : null;
          })}
        </div>
      </div>
    </div>
  );
}

export function paidBy(line: Line): string {
  const card = line.card?.brand || line.card?.last4 ? `${words(line.card.brand ?? "Card")} ${line.card.last4 ?? ""}`.trim() : null;
  return `${card ?? words(line.paymentMethod)}, ${words(line.provider)}`;
}

interface FiltersProps {
  search: Search;
  set: (change: Partial<Search>) => void;
  order: Order;
  today: string;
}

function Filters({ search, set, order, today }: FiltersProps) {
  const [text, setText] = useState(search.search ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set({ search: text.trim() || undefined });
  };
  return (
    <form className="filters" onSubmit={submit} role="search">
      <label className="field">
        <span>Search</span>
        <input
          className="input"
          type="search"
          placeholder="Payment, order or guest"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => set({ search: text.trim() || undefined })}
        />
      </label>
      <Choice label="State" value={search.status} all="Any" options={Statuses} onChange={(status) => set({ status })} />
      <Choice label="Paid by" value={search.method} all="Anything" options={Methods} onChange={(method) => set({ method })} />
      <Choice
        label="Provider"
        value={search.provider}
        all="Both"
        options={["SQUARE", "TOAST"]}
        onChange={(provider) => set({ provider })}
      />
      <label className="field">
        <span>Guest</span>
        <select
          className="input"
          value={search.matched ?? ""}
          onChange={(event) => set({ matched: event.target.value || undefined })}
        >
          <option value="">With or without</option>
          <option value="yes">With a guest</option>
          <option value="no">Without a guest</option>
        </select>
      </label>
      <Choice
        label="Tier"
        value={search.tier}
        all="Any"
        options={["GUEST", "REGULAR", "PLATINUM", "WHALE"]}
        onChange={(tier) => set({ tier })}
      />
      <label className="field">
        <span>From the day</span>
        <input
          className="input"
          type="date"
          max={today}
          value={search.from ?? ""}
          onChange={(event) => set({ from: event.target.value || undefined })}
        />
      </label>
      <label className="field">
        <span>To the day</span>
        <input
          className="input"
          type="date"
          max={today}
          value={search.to ?? ""}
          onChange={(event) => set({ to: event.target.value || undefined })}
        />
      </label>
      <label className="field">
        <span>From amount</span>
        <input
          className="input"
          size={7}
          inputMode="decimal"
          defaultValue={search.min ?? ""}
          onBlur={(event) => set({ min: event.target.value || undefined })}
        />
      </label>
      <Choice
        label="Order"
        value={order === "NEWEST_FIRST" ? undefined : order}
        all="Newest first"
        options={["OLDEST_FIRST", "LARGEST_FIRST"]}
        onChange={(next) => set({ order: next })}
      />
      {Object.keys(search).some((name) => name !== "transaction" && name !== "order") ? (
        <button
          type="button"
          className="link"
          onClick={() => {
            setText("");
            set({
              search: undefined,
              status: undefined,
              method: undefined,
              provider: undefined,
              matched: undefined,
              user: undefined,
              tier: undefined,
              from: undefined,
              to: undefined,
              min: undefined,
              max: undefined,
            });
          }}
        >
          Clear
        </button>
      ) : null}
    </form>
  );
}

interface ChoiceProps {
  label: string;
  value: string | undefined;
  all: string;
  options: readonly string[];
  onChange: (value: string | undefined) => void;
}

export function Choice({ label, value, all, options, onChange }: ChoiceProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <select className="input" value={value ?? ""} onChange={(event) => onChange(event.target.value || undefined)}>
        <option value="">{all}</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {words(option)}
          </option>
        ))}
      </select>
    </label>
  );
}

function CsvButton({ venueId, venueName, filter }: { venueId: string; venueName: string; filter: Filter | null }) {
  const [state, setState] = useState<"idle" | "working" | "failed">("idle");
  const download = async () => {
    setState("working");
    try {
      const parameters = new URLSearchParams();
      for (const [name, value] of Object.entries(filter ?? {}))
        parameters.set(name, Array.isArray(value) ? value.join(",") : String(value));
      const response = await fetch(`/api/venues/${encodeURIComponent(venueId)}/transactions.csv?${parameters}`, {
        headers: { Authorization: `Bearer ${currentToken() ?? ""}` },
      });
      if (!response.ok) throw new Error();
      const url = URL.createObjectURL(await response.blob());
      const link = document.createElement("a");
      link.href = url;
      link.download = `${venueName} transactions.csv`;
      link.click();
      URL.revokeObjectURL(url);
      setState("idle");
    } catch {
      setState("failed");
    }
  };
  return (
    <button type="button" className="button" disabled={state === "working"} onClick={() => void download()}>
      {state === "working" ? "Writing CSV" : state === "failed" ? "CSV failed, try again" : "CSV"}
    </button>
  );
}
