import { expect, test } from "vitest";
import { changeBetween, formatCount, formatShare, parseAmount, toUnits } from "../src/money/money";

const money = (amountMinor: number, currency = "EUR", decimals = 2) => ({ amountMinor, currency, decimals, formatted: "" });

test("an amount has as many decimals as the API says, whatever the browser believes of the currency", () => {
  expect(toUnits(money(1234))).toBe(12.34);
  expect(toUnits(money(1234, "JPY", 0))).toBe(1234);
  expect(toUnits(money(1234, "KWD", 3))).toBe(1.234);
  // Browsers show the forint without decimals; by ISO 4217 it has two.
  expect(toUnits(money(123400, "HUF", 2))).toBe(1234);
});

test.each([
  ["250", 2, 250],
  [" 12.5 ", 2, 12.5],
  ["12,50", 2, 12.5],
  ["0.999", 3, 0.999],
  ["250", 0, 250],
])("%j with %i decimals is an amount", (text, decimals, amount) => expect(parseAmount(text, decimals)).toBe(amount));

test.each([
  ["", 2],
  ["-1", 2],
  ["1e3", 2],
  ["12.345", 2],
  ["12.5", 0],
  ["1.000,50", 2],
  ["Infinity", 2],
  ["9999999999999", 2],
])("%j with %i decimals is none", (text, decimals) => expect(parseAmount(text, decimals)).toBeNull());

test("a change is a share of the earlier amount, also where that is negative", () => {
  expect(changeBetween(money(150), money(100))).toBe(0.5);
  expect(changeBetween(money(50), money(-100))).toBe(1.5);
});

test("nothing is compared with nothing or with another currency", () => {
  expect(changeBetween(money(150), money(0))).toBeNull();
  expect(changeBetween(money(150), money(100, "USD"))).toBeNull();
});

test("counts and shares are written the same in every browser", () => {
  expect(formatCount(1234567)).toBe("1,234,567");
  expect(formatShare(0.1234)).toBe("12.3%");
});
