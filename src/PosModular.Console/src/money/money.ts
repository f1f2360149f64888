/** An amount as the API returns it. The console never divides by powers of ten of its own: `decimals` is ISO 4217's. */
export interface Money {
  amountMinor: number;
  currency: string;
  decimals: number;
  formatted: string;
}

/** The amount in whole units, for the length of a bar. It is never shown as text. */
export function toUnits(money: Pick<Money, "amountMinor" | "decimals">): number {
  return money.amountMinor / 10 ** money.decimals;
}

/** A threshold such as "250" or "12.5" as the API takes it; null when it is none with at most this many decimals. */
export function parseAmount(text: string, decimals: number): number | null {
  const pattern = decimals === 0 ? /^\d{1,12}$/ : new RegExp(`^\\d{1,12}(\\.\\d{1,${decimals}})?$`);
  const trimmed = text.trim().replace(",", ".");
  return pattern.test(trimmed) ? Number(trimmed) : null;
}

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en-US");
const percent = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 1 });

/** A value on an axis. */
export function formatAxis(units: number): string {
  return compact.format(units);
}

export function formatCount(count: number): string {
  return whole.format(count);
}

/** "1 payment", "2 payments". */
export function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? "" : "s"}`;
}

export function formatShare(share: number): string {
  return percent.format(share);
}

/**
 * What one amount is more than another of the same currency, to the last digit: "+1,234.50", "−0.05", "0". The digits are the API's, so no
 * division rounds them.
 */
export function formatDifference(now: Money, before: Money): string {
  const minor = now.amountMinor - before.amountMinor;
  if (minor === 0) return "0";
  const digits = String(Math.abs(minor)).padStart(now.decimals + 1, "0");
  const units = digits.slice(0, digits.length - now.decimals).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${minor < 0 ? "−" : "+"}${units}${now.decimals > 0 ? `.${digits.slice(-now.decimals)}` : ""}`;
}

/** "+12.3% against yesterday"; null when there is nothing to compare with. */
export function describeChange(now: Money, before: Money | null | undefined, what: string): string | null {
  const change = before ? changeBetween(now, before) : null;
  return change === null ? null : `${change < 0 ? "−" : "+"}${formatShare(Math.abs(change))} against ${what}`;
}

/** The change from one amount to another; null when there is nothing to compare with. */
export function changeBetween(now: Money, before: Money): number | null {
  if (now.currency !== before.currency || before.amountMinor === 0) return null;
  return (now.amountMinor - before.amountMinor) / Math.abs(before.amountMinor);
}
