import { useQueryClient } from "@tanstack/react-query";
import { type ResultOf, textOf } from "../../app/graphql";
import { useSubscription } from "../../live/hooks";
import { addDays, addMonths } from "../../time/time";
import type { Tone } from "../../ui/Panel";
import { CalendarQuery, DateQuery, FiguresQuery, ReconciliationChangedSubscription, type ReconciliationStates } from "./queries";

/** How each state is said, and how much it needs somebody. */
export const States: Record<ReconciliationStates["state"], { word: string; tone: Tone }> = {
  EQUAL: { word: "Equal", tone: "good" },
  REPAIRED: { word: "Repaired", tone: "good" },
  DIFFERS: { word: "Differs", tone: "bad" },
  UNAVAILABLE: { word: "Not reachable", tone: "warn" },
  RUNNING: { word: "Running", tone: "plain" },
  NOT_YET: { word: "Not yet", tone: "off" },
};

/** A place of the calendar: a business date of the month, or an empty place before its first one. */
export interface CalendarPlace {
  date: string | null;
  ended: boolean;
  found: ReconciliationStates | null;
}

/** The dates of a month such as 2026-11, with empty places before the first one, so that each week begins on Monday. */
export function calendarOf(month: string, today: string, found: readonly ReconciliationStates[]): CalendarPlace[] {
  const first = `${month}-01`;
  const before = (new Date(`${first}T00:00:00Z`).getUTCDay() + 6) % 7;
  const places: CalendarPlace[] = Array.from({ length: before }, () => ({ date: null, ended: false, found: null }));
  for (let date = first; date < `${addMonths(month, 1)}-01`; date = addDays(date, 1))
    places.push({ date, ended: date < today, found: found.find((day) => day.businessDate === date) ?? null });
  return places;
}

/** "12 equal, 1 repaired, 1 differs", in the order of need. */
export function summaryOf(found: readonly ReconciliationStates[]): string {
  const order = ["DIFFERS", "UNAVAILABLE", "RUNNING", "NOT_YET", "REPAIRED", "EQUAL"] as const;
  return order
    .map((state) => [state, found.filter((day) => day.state === state).length] as const)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${States[state].word.toLowerCase()}`)
    .join(", ");
}

/** The list with the new state of one date; null when the list lacks the date. */
export function withState(list: readonly ReconciliationStates[], changed: ReconciliationStates): ReconciliationStates[] | null {
  return list.some((day) => day.businessDate === changed.businessDate)
    ? list.map((day) => (day.businessDate === changed.businessDate ? changed : day))
    : null;
}

/** Keeps the states of dates as they are now, wherever they are shown. The figures of a date that has changed are read again. */
export function useReconciliationChanges(venueId: string): void {
  const client = useQueryClient();
  useSubscription(ReconciliationChangedSubscription, { venueId }, (data: ResultOf<typeof ReconciliationChangedSubscription>) => {
    const changed = data.reconciliationChanged;
    const date = { venueId, date: changed.businessDate };
    client.setQueryData<ResultOf<typeof DateQuery>>([textOf(DateQuery), date], (old) =>
      old?.venue ? { venue: { ...old.venue, reconciliation: changed } } : old,
    );
    client.setQueriesData<ResultOf<typeof CalendarQuery>>({ queryKey: [textOf(CalendarQuery)] }, (old) => {
      const next = old?.venue && withState(old.venue.reconciliations, changed);
      return old?.venue && next ? { venue: { ...old.venue, reconciliations: next } } : old;
    });
    void client.invalidateQueries({ queryKey: [textOf(FiguresQuery), date] });
    return undefined;
  });
}
