import { Link } from "@tanstack/react-router";
import { useVenue } from "../../app/venue";
import { useApi } from "../../live/hooks";
import { addDays, formatTime } from "../../time/time";
import { State } from "../../ui/Panel";
import { DateQuery } from "./queries";
import { States, useReconciliationChanges } from "./states";

/** Whether the figures of the business date before are proved. Nothing is shown where there is nothing to prove. */
export function LastNight() {
  const venue = useVenue();
  const date = addDays(venue.today, -1);
  useReconciliationChanges(venue.id);
  const found = useApi(DateQuery, { venueId: venue.id, date }, { refreshSeconds: 60 }).data?.venue?.reconciliation;
  if (!found) return null;
  const { word, tone } = States[found.state];
  const checked = found.checkedAt ? `, checked ${formatTime(found.checkedAt, venue.timeZone)}` : "";
  return (
    <Link to="/venues/$venueId/proved" params={{ venueId: venue.id }} search={{ day: date }}>
      <State tone={tone}>
        Last night: {word.toLowerCase()}
        {checked}
      </State>
    </Link>
  );
}
