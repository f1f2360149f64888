import type { Line } from "./queries";

/** The list with one more state of a transaction: the state replaces an older one, or takes its place by time. */
export function upsert(lines: readonly Line[], line: Line, limit: number): Line[] {
  const rest = lines.filter((other) => other.id !== line.id);
  const at = rest.findIndex((other) => isNewer(line, other));
  const next = at < 0 ? [...rest, line] : [...rest.slice(0, at), line, ...rest.slice(at)];
  return next.slice(0, limit);
}

/** Newest first, as the API sorts: by time, then by id. */
export function isNewer(a: Pick<Line, "occurredAt" | "id">, b: Pick<Line, "occurredAt" | "id">): boolean {
  const [x, y] = [Date.parse(a.occurredAt), Date.parse(b.occurredAt)];
  return x === y ? a.id > b.id : x > y;
}

export type Tone = "good" | "warn" | "bad" | "off" | "plain";

export function toneOf(status: Line["status"]): Tone {
  switch (status) {
    case "COMPLETED":
      return "good";
    case "FAILED":
    case "CANCELED":
      return "off";
    default:
      return "plain";
  }
}
