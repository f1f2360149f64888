import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useVenue } from "../../app/venue";
import { addDays, addMonths, formatDay, formatMonth } from "../../time/time";
import { Empty, Panel, State } from "../../ui/Panel";
import { DateDrawer } from "./DateDrawer";
import { CalendarQuery } from "./queries";
import { type CalendarPlace, calendarOf, States, summaryOf, useReconciliationChanges } from "./states";

/** Is each figure true? */
export function Proved() {
  const venue = useVenue();
  const search = useSearch({ from: "/venues/$venueId/proved" });
  const navigate = useNavigate({ from: "/venues/$venueId/proved" });
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const yesterday = addDays(venue.today, -1);
  const day = search.day && /^\d{4}-\d\d-\d\d$/.test(search.day) ? search.day : undefined;
  const month = search.month && /^\d{4}-\d\d$/.test(search.month) ? search.month : (day ?? yesterday).slice(0, 7);
  const from = `${month}-01`;
  const to = addDays(`${addMonths(month, 1)}-01`, -1);
  useReconciliationChanges(venue.id);
  return (
    <div className="screen">
      <header>
        <h1>Proved</h1>
        <span className="quiet">{formatMonth(month)}</span>
        <span className="grow" />
        {venue.isOwner ? (
          <Link
            className="link"
            to="/venues/$venueId/revenue"
            params={{ venueId: venue.id }}
            search={{ period: "MONTH", on: from }}
          >
            Revenue of this month
          </Link>
        ) : null}
        <div className="filters">
          <button type="button" className="button" data-previous-day="" onClick={() => set({ month: addMonths(month, -1) })}>
            Earlier
          </button>
          <button
            type="button"
            className="button"
            data-next-day=""
            disabled={month >= venue.today.slice(0, 7)}
            onClick={() => set({ month: addMonths(month, 1) })}
          >
            Later
          </button>
        </div>
      </header>
      <Panel
        title="Each business date beside the providers' own figures"
        document={CalendarQuery}
        variables={{ venueId: venue.id, from, to }}
        height={420}
      >
        {(data) => {
          const found = data.venue?.reconciliations ?? [];
          return (
            <div className="stack">
              {found.length === 0 ? (
                <Empty>
                  Two hours after a business date has ended, every payment of it is compared with the provider. The first one
                  appears here on the day after a point of sale was connected. An earlier one can be compared by choosing it.
                </Empty>
              ) : (
                <p>{summaryOf(found)}</p>
              )}
              <ol className="calendar" aria-label={formatMonth(month)}>
                {calendarOf(month, venue.today, found).map((place, index) => (
                  <Place
                    key={place.date ?? `before ${index}`}
                    place={place}
                    current={place.date === day}
                    open={(date) => set({ day: date, month })}
                  />
                ))}
              </ol>
            </div>
          );
        }}
      </Panel>
      {day ? <DateDrawer key={day} date={day} close={() => set({ day: undefined })} /> : null}
      {venue.isOwner ? null : <p className="quiet">The figures of a day are shown to owners of the venue alone.</p>}
    </div>
  );
}

function Place({ place, current, open }: { place: CalendarPlace; current: boolean; open: (date: string) => void }) {
  if (!place.date) return <li aria-hidden="true" />;
  const date = place.date;
  if (!place.ended)
    return (
      <li>
        <span className="quiet" aria-label={`${formatDay(date)}, not over yet`}>
          {formatDay(date)}
        </span>
      </li>
    );
  return (
    <li>
      <button type="button" data-row="" aria-current={current} onClick={() => open(date)}>
        <span className="quiet">{formatDay(date)}</span>
        {place.found ? (
          <State tone={States[place.found.state].tone}>{States[place.found.state].word}</State>
        ) : (
          <span className="quiet">Not compared</span>
        )}
      </button>
    </li>
  );
}
