import { expect, test } from "vitest";
import { upsert } from "../src/screens/transactions/list";
import type { Line } from "../src/screens/transactions/queries";
import { filterOf } from "../src/screens/transactions/Transactions";

const line = (id: string, second: number, status = "COMPLETED") =>
  ({ id, status, occurredAt: `2026-11-27T20:00:${String(second).padStart(2, "0")}Z` }) as Line;
const ids = (lines: readonly Line[]) => lines.map((l) => l.id).join("");

test("states in any order and repeated give the list in the API's order", () => {
  const lines = [line("a", 1), line("b", 2), line("c", 2), line("d", 5)];
  for (const order of permutations(lines)) {
    const list = [...order, ...order].reduce<Line[]>((all, next) => upsert(all, next, 10), []);
    expect(ids(list)).toBe("dcba");
  }
});

test("a later state replaces the earlier one in its place", () => {
  const list = upsert([line("b", 2, "AUTHORIZED"), line("a", 1)], line("b", 2), 10);
  expect(ids(list)).toBe("ba");
  expect(list[0]?.status).toBe("COMPLETED");
});

test("times are compared as times and not as texts", () => {
  const whole = { ...line("a", 0), occurredAt: "2026-11-27T20:00:00Z" };
  const fraction = { ...line("b", 0), occurredAt: "2026-11-27T20:00:00.5Z" };
  expect(ids(upsert([whole], fraction, 10))).toBe("ba");
});

test("a list that is full loses its oldest line", () => expect(ids(upsert([line("b", 2), line("a", 1)], line("c", 3), 2))).toBe("cb"));

test("an address without filters filters nothing", () => {
  expect(filterOf({}, 2)).toBeNull();
  expect(filterOf({ transaction: "x", order: "LARGEST_FIRST" }, 2)).toBeNull();
});

test("every filter of an address reaches the API", () => {
  const search = { search: "4242", status: "REFUNDED", provider: "TOAST", method: "CARD", matched: "no", min: "12.5", max: "20", user: "guest" };
  expect(filterOf(search, 2)).toEqual({
    search: "4242",
    statuses: ["REFUNDED"],
    provider: "TOAST",
    paymentMethods: ["CARD"],
    matched: false,
    minTotalMinor: 1250,
    maxTotalMinor: 2000,
    userId: "guest",
  });
});

test("amounts of an address become minor units of the venue's currency without an error of rounding", () => {
  expect(filterOf({ min: "500" }, 0)).toEqual({ minTotalMinor: 500 });
  expect(filterOf({ min: "1.005" }, 3)).toEqual({ minTotalMinor: 1005 });
  expect(filterOf({ min: "19.99" }, 2)).toEqual({ minTotalMinor: 1999 });
});

function permutations<T>(items: readonly T[]): T[][] {
  return items.length < 2 ? [[...items]] : items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}
