import { Fragment, useState } from "react";
import { plural } from "../money/money";

export interface WeekHour {
  /** 0 for Monday to 6 for Sunday. */
  day: number;
  /** 0 to 23. */
  hour: number;
  units: number;
  text: string;
  count: number;
}

const Days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const Levels = 4;

/** How deep an hour is drawn, from 0 for nothing to 4 for the busiest. */
export function levelOf(units: number, most: number): number {
  return units <= 0 || most <= 0 ? 0 : Math.ceil((units / most) * Levels);
}

/** The hours of a week, each the deeper the more it takes, with the same values as a table. */
export function WeekChart({ title, hours, firstHour }: { title: string; hours: readonly WeekHour[]; firstHour: number }) {
  const [asTable, setAsTable] = useState(false);
  const most = Math.max(0, ...hours.map((hour) => hour.units));
  const order = Array.from({ length: 24 }, (_, i) => (firstHour + i) % 24);
  const at = (day: number, hour: number) => hours.find((h) => h.day === day && h.hour === hour);
  const name = (hour: WeekHour) => `${Days[hour.day]} ${clock(hour.hour)}`;
  return (
    <figure>
      {asTable ? (
        <table className="table">
          <caption className="hidden">{title}</caption>
          <thead>
            <tr>
              <th scope="col">Hour of the week</th>
              <th scope="col" className="number">
                Total on average
              </th>
              <th scope="col" className="number">
                Payments on average
              </th>
            </tr>
          </thead>
          <tbody>
            {hours.map((hour) => (
              <tr key={`${hour.day} ${hour.hour}`}>
                <td>{name(hour)}</td>
                <td className="number">{hour.text}</td>
                <td className="number">{Math.round(hour.count * 10) / 10}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <div className="week" role="img" aria-label={`${title}. The same values are in the table.`}>
          <span />
          {order.map((hour, i) => (
            <span key={hour} className="quiet">
              {i % 3 === 0 ? String(hour).padStart(2, "0") : ""}
            </span>
          ))}
          {Days.map((day, index) => (
            <Fragment key={day}>
              <span className="quiet">{day.slice(0, 3)}</span>
              {order.map((hour) => {
                const found = at(index, hour);
                return (
                  <span
                    key={hour}
                    className="cell"
                    data-level={levelOf(found?.units ?? 0, most)}
                    title={found ? `${name(found)}: ${found.text}` : undefined}
                  />
                );
              })}
            </Fragment>
          ))}
        </div>
      )}
      <figcaption className="filters">
        {hours[0] ? (
          <span className="quiet small">
            The busiest hour is {name(hours[0])}, with {hours[0].text} and {plural(Math.round(hours[0].count), "payment")} on average.
          </span>
        ) : null}
        <button type="button" className="tool" onClick={() => setAsTable(!asTable)}>
          {asTable ? "Show as chart" : "Show as table"}
        </button>
      </figcaption>
    </figure>
  );
}

function clock(hour: number): string {
  return `${String(hour).padStart(2, "0")}:00`;
}
