import { expect, test } from "vitest";
import { stateOf } from "../src/screens/endpoints/Endpoints";
import { mergeOf } from "../src/screens/members/changes";
import { reasonsOf } from "../src/screens/rules/Explanation";
import { describeApplication } from "../src/screens/rules/Rules";
import { describe } from "../src/screens/rules/WhatIf";
import { pathOf } from "../src/ui/QrCode";

test("of two ids of one person, the one that stays is the one that was chosen", () => {
  expect(mergeOf("anna", " anna-2 ", false)).toEqual({ fromUserId: "anna-2", intoUserId: "anna" });
  expect(mergeOf("anna", " anna-2 ", true)).toEqual({ fromUserId: "anna", intoUserId: "anna-2" });
});

test("reasons are said in words, with what is missing, and unknown ones as the API names them", () => {
  const missing = { amountMinor: 500, currency: "EUR", decimals: 2, formatted: "€5.00" };
  expect(reasonsOf({ unlocked: true, reasons: [], missing: null })).toBe("unlocked");
  expect(reasonsOf({ unlocked: false, reasons: ["BELOW_THRESHOLD", "NO_LIVE_SESSION"], missing })).toBe(
    "€5.00 of spend are missing, nobody was on stage",
  );
  expect(reasonsOf({ unlocked: false, reasons: ["OUT_OF_SEASON"], missing: null })).toBe("out of season");
});

test("a simulation says how many, how many of them today, and how many are there already", () => {
  expect(describe({ usersUnlocked: 41, alreadyUnlocked: 30, today: 6 }, "REGULAR")).toBe(
    "41 guests would unlock, 6 of them today. 30 of them hold Regular or more already.",
  );
  expect(describe({ usersUnlocked: 1, alreadyUnlocked: 0, today: 0 }, "WHALE")).toBe(
    "1 guest would unlock, 0 of them today. None of them holds Whale yet.",
  );
  expect(describe({ usersUnlocked: 0, alreadyUnlocked: 0, today: 0 }, "WHALE")).toBe("No guest would unlock.");
});

test("an application of a rule says how far it is, and when it was done", () => {
  const application = { requestedAt: "2026-11-27T20:00:00Z", finishedAt: null, membersTried: 1200, membersUnlocked: 41 };
  expect(describeApplication(application, "Europe/Berlin")).toBe("It is being applied: 1,200 guests tried, 41 unlocked so far.");
  expect(describeApplication({ ...application, finishedAt: "2026-11-27T21:05:00Z" }, "Europe/Berlin")).toBe(
    "Applied on 27 Nov 2026, 22:05: 1,200 guests tried, 41 unlocked.",
  );
});

test("an endpoint sends, fails, is paused after days of failure, or was switched off", () => {
  const failingSince = "2026-11-20T21:00:00Z";
  const toneOf = (enabled: boolean, since: string | null) => stateOf({ enabled, failingSince: since }, "UTC");
  expect(toneOf(true, null)).toEqual({ word: "Sends", tone: "good" });
  expect(toneOf(true, failingSince)).toEqual({ word: "Fails since 20 Nov, 21:00", tone: "warn" });
  expect(toneOf(false, failingSince).tone).toBe("bad");
  expect(toneOf(false, null)).toEqual({ word: "Off", tone: "off" });
});

test("each run of dark squares in a row is one rectangle within the margin", () => {
  const rows = ["110", "000", "101"];
  expect(pathOf(3, (x, y) => rows[y]?.[x] === "1")).toBe("M4 4h2v1h-2zM4 6h1v1h-1zM6 6h1v1h-1z");
});
