import { keepPreviousData, type QueryClient, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import { type Document, textOf } from "../app/graphql";
import { LiveFeed, type LiveStatus } from "./feed";
import { ApiError, request } from "./request";

let feed: LiveFeed | undefined;

export function liveFeed(): LiveFeed {
  feed ??= new LiveFeed();
  return feed;
}

export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(liveFeed().listen, () => liveFeed().status);
}

const PollMilliseconds = 5_000;

/** Runs a query and keeps its last result while it is read again. */
export function useApi<TData, TVariables>(
  document: Document<TData, TVariables>,
  variables: TVariables,
  options: { enabled?: boolean; refreshSeconds?: number } = {},
) {
  const { transport } = useLiveStatus();
  const seconds = options.refreshSeconds;
  return useQuery({
    queryKey: [textOf(document), variables],
    queryFn: ({ signal }) => request(document, variables, signal),
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    refetchInterval: transport === "polling" ? PollMilliseconds : seconds ? seconds * 1000 : false,
    // What was wrong with the request stays wrong; a host that does not answer is asked until it does.
    retry: (count, error) => error instanceof ApiError && error.code === "NETWORK" && count < 100,
    retryDelay: 1000,
  });
}

/** Reads all queries of the page again. */
export function refreshAll(client: QueryClient): void {
  void client.invalidateQueries();
}

/** Calls the latest function at once and then at most once in this time, the last call included. */
export function useThrottle(run: () => void, milliseconds: number): () => void {
  const latest = useRef(run);
  latest.current = run;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const again = useRef(false);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    if (timer.current !== undefined) {
      again.current = true;
      return;
    }
    const wait = () => {
      latest.current();
      timer.current = setTimeout(() => {
        timer.current = undefined;
        if (!again.current) return;
        again.current = false;
        wait();
      }, milliseconds);
    };
    wait();
  }, [milliseconds]);
}

/**
 * Follows a subscription as long as the component is shown. Each event moves `after`, so that nothing is missed or repeated when the
 * connection breaks. Nothing is followed while the cursor is undefined.
 */
export function useSubscription<TData, TVariables extends Record<string, unknown>>(
  document: Document<TData, TVariables>,
  variables: TVariables | undefined,
  handle: (data: TData) => string | undefined,
): void {
  const handler = useRef(handle);
  handler.current = handle;
  const key = variables ? JSON.stringify(variables) : undefined;
  useEffect(() => {
    if (key === undefined) return;
    const current = JSON.parse(key) as TVariables;
    return liveFeed().subscribe(
      document,
      current,
      (data) => {
        const cursor = handler.current(data);
        if (cursor !== undefined) (current as Record<string, unknown>).after = cursor;
      },
      () => {},
    );
  }, [document, key]);
}
