/** Instants are shown in the venue's zone, and business dates are the server's: the browser's zone and clock decide nothing. */

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${name}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });
    formats.set(key, found);
  }
  return found;
}

export function formatTime(at: string, zone: string): string {
  return format(zone, "time", { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

export function formatSeconds(at: string, zone: string): string {
  return format(zone, "seconds", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(at));
}

export function formatDateTime(at: string, zone: string): string {
  return format(zone, "datetime", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }).format(
    new Date(at),
  );
}

/** "27 Nov, 22:15": for lists, in which the year is clear. */
export function formatShort(at: string, zone: string): string {
  return format(zone, "short", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

/** "Fri 27 Nov" for a business date such as 2026-11-27. */
export function formatDay(date: string): string {
  return format("UTC", "day", { weekday: "short", day: "numeric", month: "short" })
    .format(new Date(`${date}T00:00:00Z`))
    .replace(",", "");
}

export function formatLongDay(date: string): string {
  return format("UTC", "long", { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(
    new Date(`${date}T00:00:00Z`),
  );
}

/** An instant as a local time of the venue, as a field of a form holds it: "2026-11-27T22:15". */
export function toLocal(at: string, zone: string): string {
  const parts = Object.fromEntries(
    format(zone, "parts", { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" })
      .formatToParts(new Date(at))
      .map((part) => [part.type, part.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

/**
 * The instant of a local time of the venue. Of a time that occurs twice, as clocks go back, it is the first; a time that clocks leave
 * out is as much later as they are put forward. Null when the text is no time.
 */
export function toInstant(local: string, zone: string): string | null {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return null;
  const offsetAt = (at: number) => Date.parse(`${toLocal(new Date(at).toISOString(), zone)}Z`) - Math.floor(at / 60_000) * 60_000;
  const day = 86_400_000;
  const offsets = [offsetAt(asUtc - day), offsetAt(asUtc + day)];
  const fitting = offsets.map((offset) => asUtc - offset).filter((at) => offsetAt(at) === asUtc - at);
  return new Date(fitting.length > 0 ? Math.min(...fitting) : asUtc - (offsets[0] as number)).toISOString();
}

/** The business date this many days later. */
export function addDays(date: string, days: number): string {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** The month this many months later, of a month such as 2026-11. */
export function addMonths(month: string, months: number): string {
  const at = new Date(`${month}-01T00:00:00Z`);
  at.setUTCMonth(at.getUTCMonth() + months);
  return at.toISOString().slice(0, 7);
}

/** "November 2026" for 2026-11. */
export function formatMonth(month: string): string {
  return format("UTC", "month", { month: "long", year: "numeric" }).format(new Date(`${month}-01T00:00:00Z`));
}

/** How long ago an instant was, by a clock that is given: "just now", "4 min ago", "3 h ago", "2 d ago". */
export function formatAgo(at: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(at)) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** "PARTIALLY_REFUNDED" as people read it: "Partially refunded". */
export function words(value: string): string {
  const text = value.toLowerCase().replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
