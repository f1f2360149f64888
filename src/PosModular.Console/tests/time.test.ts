import { afterEach, expect, test, vi } from "vitest";
import { addDays, formatAgo, formatDateTime, formatDay, formatLongDay, formatTime, toInstant, toLocal, words } from "../src/time/time";

afterEach(() => vi.unstubAllEnvs());

test.each(["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata"])("a browser in %s shows the venue's time", (zone) => {
  vi.stubEnv("TZ", zone);
  expect(formatTime("2026-11-27T23:30:00Z", "Europe/Berlin")).toBe("00:30");
  expect(formatDateTime("2026-11-27T23:30:00Z", "Europe/Berlin")).toBe("28 Nov 2026, 00:30");
  expect(formatDay("2026-11-27")).toBe("Fri 27 Nov");
  expect(formatLongDay("2026-11-27")).toContain("Friday");
  expect(addDays("2026-03-28", 1)).toBe("2026-03-29");
});

test("both hours of the night on which clocks go back are shown", () => {
  expect(formatTime("2026-10-25T00:30:00Z", "Europe/Berlin")).toBe("02:30");
  expect(formatTime("2026-10-25T01:30:00Z", "Europe/Berlin")).toBe("02:30");
});

test("days are added over the ends of months and years and over leap days", () => {
  expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  expect(addDays("2028-03-01", -1)).toBe("2028-02-29");
});

test("an instant is as long ago as the given clock says, and never in the future", () => {
  const now = Date.parse("2026-11-27T12:00:00Z");
  expect(formatAgo("2026-11-27T11:59:30Z", now)).toBe("just now");
  expect(formatAgo("2026-11-27T11:56:00Z", now)).toBe("4 min ago");
  expect(formatAgo("2026-11-27T09:00:00Z", now)).toBe("3 h ago");
  expect(formatAgo("2026-11-25T09:00:00Z", now)).toBe("2 d ago");
  expect(formatAgo("2026-11-27T12:00:05Z", now)).toBe("just now");
});

test("words of the API are written as people read them", () => expect(words("PARTIALLY_REFUNDED")).toBe("Partially refunded"));

test("a local time of the venue becomes its instant and back", () => {
  expect(toLocal("2026-11-27T21:15:30Z", "Europe/Berlin")).toBe("2026-11-27T22:15");
  expect(toInstant("2026-11-27T22:15", "Europe/Berlin")).toBe("2026-11-27T21:15:00.000Z");
  expect(toInstant("2026-11-27T22:15", "Asia/Kolkata")).toBe("2026-11-27T16:45:00.000Z");
  expect(toInstant("", "Europe/Berlin")).toBeNull();
});

test("a local time that occurs twice is the first one, and one that is left out is moved on", () => {
  expect(toInstant("2026-10-25T02:30", "Europe/Berlin")).toBe("2026-10-25T00:30:00.000Z");
  expect(toInstant("2026-10-25T03:30", "Europe/Berlin")).toBe("2026-10-25T02:30:00.000Z");
  expect(toLocal(toInstant("2026-03-29T02:30", "Europe/Berlin") ?? "", "Europe/Berlin")).toBe("2026-03-29T03:30");
});
