import { createClient } from "graphql-ws";
import { type Document, textOf } from "../app/graphql";
import { currentToken } from "../app/session";

/** How events arrive: by WebSocket, by server-sent events, or not at all, so that the page asks every few seconds. */
export type Transport = "socket" | "events" | "polling";

export interface LiveStatus {
  transport: Transport;
  connected: boolean;
}

const MaxSocketFailures = 3;
const MaxEventFailures = 3;
const RetryMilliseconds = 500;

/** One connection for all subscriptions of the page. */
export class LiveFeed {
  private readonly listeners = new Set<() => void>();
  private readonly subscriptions = new Set<() => void>();
  private socketFailures = 0;
  private eventFailures = 0;
  private everConnected = false;
  private snapshot: LiveStatus = { transport: "socket", connected: false };

  private readonly client = createClient({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    connectionParams: () => ({ Authorization: `Bearer ${currentToken() ?? ""}` }),
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => this.snapshot.transport === "socket",
    // The first attempt comes at once; the others are spread, so that a restarted host is not met by all pages at once.
    retryWait: (attempt) =>
      new Promise((resolve) => setTimeout(resolve, attempt === 0 ? 50 : RetryMilliseconds + Math.random() * RetryMilliseconds)),
    keepAlive: 10_000,
    lazy: true,
    on: {
      connected: () => {
        this.everConnected = true;
        this.socketFailures = 0;
        this.publish({ connected: true });
      },
      closed: () => {
        this.publish({ connected: false });
        if (!this.everConnected && ++this.socketFailures >= MaxSocketFailures) this.fallBack("events");
      },
    },
  });

  get status(): LiveStatus {
    return this.snapshot;
  }

  listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /**
   * Follows a subscription. The variables are read at each attempt to connect, so that a handler which moves `after` in them makes the
   * next connection resume exactly behind the last event that it has seen.
   */
  subscribe<TData, TVariables extends Record<string, unknown>>(
    document: Document<TData, TVariables>,
    variables: TVariables,
    next: (data: TData) => void,
    failed: (message: string) => void,
  ): () => void {
    let stop = () => {};
    const start = () => {
      stop();
      if (this.snapshot.transport === "socket")
        stop = this.client.subscribe<TData>(
          { query: textOf(document), variables },
          {
            next: (result) => {
              if (result.errors?.[0]) failed(result.errors[0].message);
              else if (result.data) next(result.data);
            },
            error: (error) => failed(describe(error)),
            complete: () => {},
          },
        );
      else if (this.snapshot.transport === "events") stop = this.followEvents(document, variables, next, failed);
      else stop = () => {};
    };
    start();
    this.subscriptions.add(start);
    return () => {
      this.subscriptions.delete(start);
      stop();
    };
  }

  private followEvents<TData>(
    document: object,
    variables: Record<string, unknown>,
    next: (data: TData) => void,
    failed: (message: string) => void,
  ): () => void {
    const abort = new AbortController();
    const run = async () => {
      while (!abort.signal.aborted) {
        try {
          const response = await fetch("/graphql", {
            method: "POST",
            headers: {
              "Content-Type": "application/json",
              Accept: "text/event-stream",
              Authorization: `Bearer ${currentToken() ?? ""}`,
            },
            body: JSON.stringify({ query: textOf(document), variables }),
            signal: abort.signal,
          });
          if (!response.ok || !response.body) throw new Error(`The host answered ${response.status}.`);
          this.eventFailures = 0;
          this.publish({ connected: true });
          await readEvents(response.body, (name, data) => {
            if (name !== "next") return;
            const result = JSON.parse(data) as { data?: TData; errors?: { message: string }[] };
            if (result.errors?.[0]) failed(result.errors[0].message);
            else if (result.data) next(result.data);
          });
        } catch {
          if (abort.signal.aborted) return;
          if (++this.eventFailures >= MaxEventFailures) return this.fallBack("polling");
        }
        this.publish({ connected: false });
        await new Promise((resolve) => setTimeout(resolve, RetryMilliseconds));
      }
    };
    void run();
    return () => abort.abort();
  }

  private fallBack(transport: Transport): void {
    if (this.snapshot.transport === transport) return;
    this.publish({ transport, connected: transport === "polling" });
    for (const start of [...this.subscriptions]) start();
  }

  private publish(change: Partial<LiveStatus>): void {
    const next = { ...this.snapshot, ...change };
    if (next.transport === this.snapshot.transport && next.connected === this.snapshot.connected) return;
    this.snapshot = next;
    for (const listener of [...this.listeners]) listener();
  }
}

function describe(error: unknown): string {
  if (Array.isArray(error)) return (error[0] as { message?: string } | undefined)?.message ?? "The subscription was refused.";
  return error instanceof Error ? error.message : "The connection was closed.";
}

/** Reads a stream of server-sent events to its end. */
export async function readEvents(stream: ReadableStream<Uint8Array>, handle: (name: string, data: string) => void): Promise<void> {
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let buffer = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffer += value;
    for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n")) {
      const lines = buffer.slice(0, end).split("\n");
      buffer = buffer.slice(end + 2);
      const field = (name: string) =>
        lines
          .filter((line) => line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).replace(/^ /, ""))
          .join("\n");
      if (field("data") || field("event")) handle(field("event") || "message", field("data"));
    }
  }
}
