import { useLayoutEffect, useRef, useState } from "react";
import { formatAxis, plural } from "../money/money";

export interface Bar {
  key: string;
  label: string;
  /** In whole units; only the length of the bar depends on it. */
  units: number;
  text: string;
  /** Whether the period is not over yet. Such a bar is drawn open. */
  open?: boolean;
}

const Height = 200;
const Top = 20;
const Bottom = 24;
const Left = 48;

/** Bars that begin at zero, with the same values as a table. */
export function BarChart({ title, bars, unit }: { title: string; bars: readonly Bar[]; unit: string }) {
  const [asTable, setAsTable] = useState(false);
  const [width, setWidth] = useState(720);
  const box = useRef<HTMLElement>(null);
  // A unit of the drawing is a pixel, so that its text keeps its size whatever the width.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(Math.max(280, element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const most = Math.max(0, ...bars.map((bar) => bar.units));
  const least = Math.min(0, ...bars.map((bar) => bar.units));
  const step = niceStep((most - least) / 4 || 1);
  const top = Math.ceil(most / step) * step || step;
  const bottom = Math.floor(least / step) * step;
  const y = (units: number) => Top + ((top - units) / (top - bottom)) * (Height - Top - Bottom);
  const slot = (width - Left) / Math.max(1, bars.length);
  const every = Math.ceil(56 / slot);
  const ticks = Array.from({ length: Math.round((top - bottom) / step) + 1 }, (_, i) => bottom + i * step);
  return (
    <figure ref={box}>
      {asTable ? (
        <table className="table">
          <caption className="hidden">{title}</caption>
          <thead>
            <tr>
              <th scope="col">Period</th>
              <th scope="col" className="number">
                {unit}
              </th>
            </tr>
          </thead>
          <tbody>
            {bars.map((bar) => (
              <tr key={bar.key}>
                <td>
                  {bar.label}
                  {bar.open ? " (not over yet)" : ""}
                </td>
                <td className="number">{bar.text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <svg
          className="chart"
          viewBox={`0 0 ${width} ${Height}`}
          height={Height}
          role="img"
          aria-label={`${title}. The same values are in the table.`}
        >
          {ticks.map((tick) => (
            <g key={tick}>
              <line className="axis" x1={Left} x2={width} y1={y(tick)} y2={y(tick)} />
              <text x={Left - 8} y={y(tick) + 4} textAnchor="end">
                {formatAxis(tick)}
              </text>
            </g>
          ))}
          {bars.map((bar, i) => (
            <g key={bar.key}>
              <rect
                className={bar.open ? "bar open" : "bar"}
                x={Left + i * slot + slot * 0.15}
                width={slot * 0.7}
                y={Math.min(y(0), y(bar.units))}
                height={Math.abs(y(bar.units) - y(0))}
              >
                <title>{`${bar.label}: ${bar.text}${bar.open ? " so far" : ""}`}</title>
              </rect>
              {i % every === 0 ? (
                <text x={Left + (i + 0.5) * slot} y={Height - 6} textAnchor="middle">
                  {bar.label}
                </text>
              ) : null}
            </g>
          ))}
        </svg>
      )}
      <figcaption>
        <button type="button" className="tool" onClick={() => setAsTable(!asTable)}>
          {asTable ? "Show as chart" : "Show as table"}
        </button>
      </figcaption>
    </figure>
  );
}

/** The next number of the kind 1, 2 or 5 times a power of ten. */
export function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  const factor = size / power;
  return (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10) * power;
}

export interface Share {
  key: string;
  label: string;
  count: number;
  text: string;
  /** In whole units; only the length of the bar depends on it. */
  units: number;
}

/** Parts of a whole, the largest first: a table whose rows are bars. */
export function Shares({ caption, rows }: { caption: string; rows: readonly Share[] }) {
  const most = Math.max(...rows.map((row) => row.units), 0);
  return (
    <table className="bars">
      <caption className="hidden">{caption}</caption>
      <thead className="hidden">
        <tr>
          <th scope="col">Part</th>
          <th scope="col">Payments</th>
          <th scope="col">Amount</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <th scope="row" className="clip">
              {row.label}
            </th>
            <td className="quiet number">{plural(row.count, "payment")}</td>
            <td className="number">{row.text}</td>
            <td className="track" aria-hidden="true">
              <span style={{ width: `${most > 0 ? Math.max(0, (row.units / most) * 100) : 0}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
