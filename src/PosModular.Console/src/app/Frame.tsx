import { useIsFetching } from "@tanstack/react-query";
import { Link, Navigate, Outlet, useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useLiveStatus } from "../live/hooks";
import { formatLongDay } from "../time/time";
import { Failure, State } from "../ui/Panel";
import { Alerts } from "./Alerts";
import { Palette } from "./Palette";
import { signOut, useSession } from "./session";
import { allowedScreens, type ConsoleVenue, placeOf, Screens, useVenueById, useViewer, VenueContext } from "./venue";

/** Where the console begins: the first venue that the viewer owns, or else the first that they look after. */
export function Home() {
  const { viewer, error, retry } = useViewer();
  if (error && !viewer)
    return (
      <main className="door">
        <Failure error={error} retry={retry} />
        <button type="button" className="link" onClick={signOut}>
          Use another token
        </button>
      </main>
    );
  if (!viewer) return <main className="door" aria-busy="true" />;
  const venue = viewer.venues.find((v) => viewer.ownedVenueIds.includes(v.id)) ?? viewer.venues[0];
  if (!venue) return <NoVenue userId={viewer.userId} />;
  const screen = allowedScreens({ isOwner: viewer.ownedVenueIds.includes(venue.id), isModerator: viewer.isModerator });
  const path = viewer.ownedVenueIds.includes(venue.id) ? screen[0]?.path : "connections";
  return <Navigate {...placeOf(venue.id, path ?? "connections")} replace />;
}

function NoVenue({ userId }: { userId: string }) {
  return (
    <main className="door">
      <h1>No venue yet</h1>
      <p>
        You are signed in as <span className="mono">{userId}</span>, and no venue belongs to you. Ask a HEAD_MODERATOR to add this
        id to the owners of your venue.
      </p>
      <button type="button" className="button" onClick={signOut}>
        Sign out
      </button>
    </main>
  );
}

export function VenueFrame() {
  const { venueId } = useParams({ from: "/venues/$venueId" });
  const session = useSession();
  const location = useLocation();
  const { viewer, error: viewerError, retry: retryViewer } = useViewer();
  const { venue, missing, error, retry } = useVenueById(venueId, viewer);
  const [palette, setPalette] = useState(false);
  const large = new URLSearchParams(location.searchStr).get("screen") === "large";
  useShortcuts(venue, () => setPalette(true));

  const failure = viewerError ?? error;
  if (!venue && failure)
    return (
      <main className="door">
        <Failure error={failure} retry={() => (viewerError ? retryViewer() : retry())} />
      </main>
    );
  if (missing)
    return (
      <main className="door">
        <h1>No such venue</h1>
        <p>
          There is no venue <span className="mono">{venueId}</span>, or it is not yours.
        </p>
        <Link className="link" to="/">
          Go to the start
        </Link>
      </main>
    );
  if (!venue || !viewer) return <div className="frame" aria-busy="true" />;
  const screen = location.pathname.split("/")[3] ?? "";
  const title = allowedScreens(venue).find((s) => s.path === screen)?.title;
  return (
    <VenueContext value={venue}>
      <div className={large ? "frame large" : "frame"}>
        <Side venue={venue} current={screen} />
        <div className="top">
          <label>
            <span className="hidden">Venue</span>
            <VenuePicker venues={viewer.venues} venue={venue} screen={screen} />
          </label>
          <span className="quiet small">{formatLongDay(venue.today)}</span>
          <span className="grow" />
          <LiveBadge />
          <button type="button" className="tool" onClick={() => setPalette(true)}>
            Go to <kbd>Ctrl K</kbd>
          </button>
          <button type="button" className="tool" onClick={signOut}>
            Sign out
          </button>
        </div>
        <main className={session === "expired" ? "stale" : undefined} key={venue.id}>
          {large ? null : <Alerts venue={venue} />}
          {title ? (
            <Outlet />
          ) : (
            <p className="empty">
              This screen is for owners of the venue.{" "}
              <Link className="link" to="/venues/$venueId/connections" params={{ venueId }}>
                Go to its connections.
              </Link>
            </p>
          )}
        </main>
      </div>
      {palette ? <Palette venues={viewer.venues} venue={venue} close={() => setPalette(false)} /> : null}
      <Title text={title ? `${title} · ${venue.name}` : venue.name} />
    </VenueContext>
  );
}

function Title({ text }: { text: string }) {
  return <title>{text}</title>;
}

function Side({ venue, current }: { venue: ConsoleVenue; current: string }) {
  return (
    <div className="side">
      <Link className="brand" to="/">
        PosModular
      </Link>
      <nav aria-label="Screens">
        {Screens.map(({ group, screens }) => (
          <div key={group}>
            <p className="group quiet small">{group}</p>
            <ul>
              {screens
                .filter((s) => s.allows(venue))
                .map((s) => (
                  <li key={s.path}>
                    <Link {...placeOf(venue.id, s.path)} aria-current={s.path === current ? "page" : undefined}>
                      {s.title}
                    </Link>
                  </li>
                ))}
            </ul>
          </div>
        ))}
      </nav>
    </div>
  );
}

function VenuePicker(props: { venues: readonly { id: string; name: string }[]; venue: ConsoleVenue; screen: string }) {
  const navigate = useNavigate();
  return (
    <select
      className="input strong"
      value={props.venue.id}
      onChange={(event) => void navigate(placeOf(event.target.value, props.screen || "connections"))}
    >
      {props.venues.map((venue) => (
        <option key={venue.id} value={venue.id}>
          {venue.name}
        </option>
      ))}
    </select>
  );
}

/** Says how fresh the page is. */
function LiveBadge() {
  const { transport, connected } = useLiveStatus();
  const fetching = useIsFetching() > 0;
  if (transport === "polling") return <State tone="warn">Asked every 5 s</State>;
  if (!connected) return <State tone={fetching ? "off" : "warn"}>Connecting</State>;
  return <State tone="good">{transport === "socket" ? "Live" : "Live by events"}</State>;
}

/** j and k move through rows, / goes to the search, ? shows the keys, Ctrl K goes anywhere. */
function useShortcuts(venue: ConsoleVenue | undefined, openPalette: () => void): void {
  useEffect(() => {
    if (!venue) return;
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openPalette();
        return;
      }
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
      if (event.key === "?") openPalette();
      else if (event.key === "/") {
        const search = document.querySelector<HTMLInputElement>("input[type=search]");
        if (search) {
          event.preventDefault();
          search.focus();
        }
      } else if (event.key === "j" || event.key === "k") {
        const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
        const at = rows.indexOf(document.activeElement as HTMLElement);
        rows[Math.min(rows.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))]?.focus();
      } else if (event.key === "[" || event.key === "]")
        document.querySelector<HTMLElement>(event.key === "[" ? "[data-previous-day]" : "[data-next-day]")?.click();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [venue, openPalette]);
}
