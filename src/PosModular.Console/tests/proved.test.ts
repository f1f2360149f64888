import { expect, test } from "vitest";
import { placeOfAlert } from "../src/app/Alerts";
import { formatDifference } from "../src/money/money";
import type { ReconciliationStates } from "../src/screens/proved/queries";
import { calendarOf, summaryOf, withState } from "../src/screens/proved/states";
import { addMonths, formatMonth } from "../src/time/time";

const money = (amountMinor: number, decimals = 2) => ({ amountMinor, currency: "EUR", decimals, formatted: "" });

test("a difference has every digit of its currency and a sign", () => {
  expect(formatDifference(money(123_456), money(0))).toBe("+1,234.56");
  expect(formatDifference(money(0), money(5))).toBe("−0.05");
  expect(formatDifference(money(7), money(7))).toBe("0");
  expect(formatDifference(money(1_234_567, 0), money(0, 0))).toBe("+1,234,567");
  expect(formatDifference(money(1_000_500, 3), money(0, 3))).toBe("+1,000.500");
  // As far as a number of JavaScript counts by ones, no digit is lost.
  expect(formatDifference(money(Number.MAX_SAFE_INTEGER), money(0))).toBe("+90,071,992,547,409.91");
});

const day = (businessDate: string, state: ReconciliationStates["state"] = "EQUAL") => ({
  businessDate,
  state,
  checkedAt: null,
  reason: null,
});

test("a month begins below its weekday and ends with its last date", () => {
  // The first of November 2026 is a Sunday.
  const places = calendarOf("2026-11", "2026-11-28", [day("2026-11-27", "DIFFERS")]);
  expect(places).toHaveLength(6 + 30);
  expect(places.findIndex((place) => place.date === "2026-11-01")).toBe(6);
  expect(places.find((place) => place.date === "2026-11-27")).toEqual({
    date: "2026-11-27",
    ended: true,
    found: day("2026-11-27", "DIFFERS"),
  });
  // The business date that is running has nothing to be compared with.
  expect(places.find((place) => place.date === "2026-11-28")?.ended).toBe(false);
  expect(calendarOf("2024-02", "2026-11-28", []).at(-1)?.date).toBe("2024-02-29");
});

test("months are counted over the ends of years", () => {
  expect(addMonths("2026-12", 1)).toBe("2027-01");
  expect(addMonths("2026-01", -1)).toBe("2025-12");
  expect(formatMonth("2026-11")).toBe("November 2026");
});

test("what needs somebody is counted first", () => {
  expect(summaryOf([day("2026-11-01"), day("2026-11-02", "DIFFERS"), day("2026-11-03"), day("2026-11-04", "REPAIRED")])).toBe(
    "1 differs, 1 repaired, 2 equal",
  );
});

test("an event changes its date and leaves the others as they are", () => {
  const list = [day("2026-11-02"), day("2026-11-01", "NOT_YET")];
  expect(withState(list, day("2026-11-01", "RUNNING"))).toEqual([day("2026-11-02"), day("2026-11-01", "RUNNING")]);
  expect(withState(list, day("2026-10-31"))).toBeNull();
});

test("an alert leads to the screen on which something is done about it", () => {
  const alert = (kind: string) => ({ kind, businessDate: "2026-11-27", endpointId: "e" });
  expect(placeOfAlert(alert("CONNECTION_QUIET"), false)?.path).toBe("connections");
  expect(placeOfAlert(alert("RECONCILIATION_DIFFERS"), false)).toMatchObject({ path: "proved", search: { day: "2026-11-27" } });
  expect(placeOfAlert(alert("ENDPOINT_FAILING"), true)).toMatchObject({ path: "endpoints", search: { endpoint: "e" } });
  expect(placeOfAlert(alert("ENDPOINT_FAILING"), false)).toBeNull();
  // Changes that a module could not handle are tried again by themselves.
  expect(placeOfAlert(alert("DEAD_LETTERS"), true)).toBeNull();
});
