import { expect, test } from "vitest";
import { readEvents } from "../src/live/feed";
import { difference } from "../src/screens/connections/Doctor";
import { describeChange } from "../src/money/money";
import { withConnection } from "../src/screens/connections/changes";
import { beforeOf, busyWeeks, move } from "../src/screens/revenue/Revenue";
import { correctionOf } from "../src/screens/sessions/Sessions";
import { isInWindow } from "../src/screens/rules/Rules";
import { spanOf } from "../src/screens/settings/Settings";
import { sameMoment } from "../src/screens/tonight/Tonight";
import { niceStep } from "../src/ui/BarChart";
import { levelOf } from "../src/ui/WeekChart";

test("addresses are compared character by character", () => {
  expect(difference("https://a/x", "https://a/x")).toBeNull();
  expect(difference("https://pos.example/x", "http://pos.example/x")).toEqual({ start: 4, end: 16 });
  expect(difference("https://a/x", "https://a/x/")).toEqual({ start: 11, end: 0 });
  expect(difference("https://a/xx", "https://a/x")).toEqual({ start: 11, end: 0 });
});

const friday = [false, false, false, false, true, false, false];
const hoursOf = (day: number, start: string, end: string) =>
  Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => isInWindow(day, hour, friday, start, end));

test("a window that ends after midnight belongs to the day on which it starts", () => {
  expect(hoursOf(4, "22:00", "04:00")).toEqual([22, 23]);
  expect(hoursOf(5, "22:00", "04:00")).toEqual([0, 1, 2, 3]);
  expect(hoursOf(3, "22:00", "04:00")).toEqual([]);
});

test("a window of one day ends on it, and one that ends where it starts lasts a whole day", () => {
  expect(hoursOf(4, "18:30", "20:15")).toEqual([18, 19, 20]);
  expect(hoursOf(5, "18:30", "20:15")).toEqual([]);
  expect(hoursOf(4, "20:00", "20:00")).toEqual([20, 21, 22, 23]);
  expect(hoursOf(5, "20:00", "20:00")).toHaveLength(20);
});

const hour = (from: string, to: string, amountMinor: number) => ({
  from,
  to,
  net: { amountMinor, currency: "EUR", decimals: 2, formatted: "" },
});

test("today is compared with what the earlier day had taken when it was as old", () => {
  const now = [hour("2026-11-27T05:00:00Z", "2026-11-27T06:00:00Z", 900)];
  const before = [
    hour("2026-11-20T05:00:00Z", "2026-11-20T06:00:00Z", 100),
    hour("2026-11-20T06:00:00Z", "2026-11-20T07:00:00Z", 20),
    hour("2026-11-20T07:00:00Z", "2026-11-20T08:00:00Z", 3),
  ];
  expect(sameMoment(now, before, "2026-11-27T07:00:00Z")?.amountMinor).toBe(120);
  expect(sameMoment(now, before, "2026-11-27T05:00:00Z")).toBeNull();
  expect(sameMoment([], before, "2026-11-27T07:00:00Z")).toBeNull();
});

test("months are moved over the ends of years", () => {
  expect(move("2026-11-27", "DAY", 1)).toBe("2026-11-28");
  expect(move("2026-11-27", "WEEK", -1)).toBe("2026-11-20");
  expect(move("2026-12-31", "MONTH", 1)).toBe("2027-01-01");
  expect(move("2026-01-31", "MONTH", -1)).toBe("2025-12-01");
});

test("the steps of an axis are round", () => {
  expect([0.07, 1, 3, 42, 900].map(niceStep)).toEqual([0.1, 1, 5, 50, 1000]);
});

test("server-sent events are read whole, however the network divides them", async () => {
  const text = ": keep-alive\n\nevent: next\ndata: {\"a\":\"é\"}\n\nevent: complete\ndata:\n\n";
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size += 3) {
    const events: [string, string][] = [];
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    await readEvents(stream, (name, data) => events.push([name, data]));
    expect(events).toEqual([
      ["next", '{"a":"é"}'],
      ["complete", ""],
    ]);
  }
});

const euros = (amountMinor: number) => ({ amountMinor, currency: "EUR", decimals: 2, formatted: "" });

test("a change is said with its sign and what it is compared with", () => {
  expect(describeChange(euros(112), euros(100), "yesterday")).toBe("+12% against yesterday");
  expect(describeChange(euros(88), euros(100), "yesterday")).toBe("−12% against yesterday");
  expect(describeChange(euros(88), null, "yesterday")).toBeNull();
});

test("a period that runs is compared with as much of the one before, and one that is over with all of it", () => {
  const previous = { to: "2026-11-19T21:40:00Z", net: euros(1) };
  const running = { asOf: "2026-11-20T21:40:00Z", to: "2026-11-21T05:00:00Z", previous };
  expect(beforeOf(running, "Europe/Berlin", "DAY")).toBe("the day before until 19 Nov, 22:40");
  expect(beforeOf({ ...running, asOf: "2026-11-21T05:00:00Z" }, "Europe/Berlin", "WEEK")).toBe("all of the week before");
});

test("the busiest hours are those of whole weeks until the end of the period, or until today", () => {
  expect(busyWeeks("2026-11-01", "2026-11-27")).toEqual({ from: "2026-09-06", to: "2026-11-01" });
  expect(busyWeeks("2026-12-01", "2026-11-27")).toEqual({ from: "2026-10-03", to: "2026-11-28" });
});

test("the busiest hour is drawn deepest, and an hour that takes anything is drawn", () => {
  expect([100, 76, 75, 1, 0, -5].map((units) => levelOf(units, 100))).toEqual([4, 4, 3, 1, 0, 0]);
  expect(levelOf(0, 0)).toBe(0);
});

test("a correction of a live session says only what is changed, and an empty end means that it goes on", () => {
  const session = { id: "s", performerId: "nova", startedAt: "2026-11-20T21:00:17Z", endedAt: "2026-11-21T01:00:00Z" };
  const form = { performerId: "nova", start: "2026-11-20T22:00", end: "2026-11-21T02:00" };
  expect(correctionOf(session, "Europe/Berlin", form)).toEqual({ sessionId: "s" });
  expect(correctionOf(session, "Europe/Berlin", { performerId: " roxy ", start: "2026-11-20T22:30", end: "" })).toEqual({
    sessionId: "s",
    performerId: "roxy",
    startedAt: "2026-11-20T21:30:00.000Z",
    endedAt: null,
  });
});

test("an event changes its point of sale in the list and leaves the rest as it is", () => {
  const list = [
    { id: "a", status: "CONNECTED", runs: 1 },
    { id: "b", status: "CONNECTED", runs: 2 },
  ];
  const changed = { id: "b", status: "DISCONNECTED" } as Parameters<typeof withConnection>[1];
  expect(withConnection(list, changed)).toEqual([list[0], { id: "b", status: "DISCONNECTED", runs: 2 }]);
  expect(withConnection(list.slice(0, 1), changed)).toBeNull();
});

test("the preview of a new cut-off knows days of 23 and 25 hours, and shows nothing for what is no zone", () => {
  expect(spanOf("2026-10-25", "Europe/Berlin", "00:00")).toEqual({ from: "2026-10-24T22:00:00.000Z", to: "2026-10-25T23:00:00.000Z" });
  expect(spanOf("2026-03-29", "Europe/Berlin", "00:00")).toEqual({ from: "2026-03-28T23:00:00.000Z", to: "2026-03-29T22:00:00.000Z" });
  expect(spanOf("2026-03-29", "Europe/Berl", "00:00")).toBeNull();
  expect(spanOf("2026-03-29", "Europe/Berlin", "")).toBeNull();
});
