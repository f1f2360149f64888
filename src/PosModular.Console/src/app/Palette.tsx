import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useState } from "react";
import { Modal } from "../ui/Drawer";
import { allowedScreens, type ConsoleVenue, placeOf } from "./venue";

interface PaletteProps {
  venues: readonly { id: string; name: string }[];
  venue: ConsoleVenue;
  close: () => void;
}

/** Goes to any screen of any venue by its name. */
export function Palette({ venues, venue, close }: PaletteProps) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const wanted = text.trim().toLowerCase();
  const places = [
    ...allowedScreens(venue).map((screen) => ({ key: screen.path, label: screen.title, venueId: venue.id, path: screen.path })),
    ...venues
      .filter((v) => v.id !== venue.id)
      .map((v) => ({ key: `venue ${v.id}`, label: `Venue ${v.name}`, venueId: v.id, path: "connections" })),
  ].filter((place) => place.label.toLowerCase().includes(wanted));
  const go = (place: (typeof places)[number] | undefined) => {
    if (!place) return;
    close();
    void navigate(placeOf(place.venueId, place.path));
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(places.length - 1, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
    else if (event.key === "Enter") go(places[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal title="Go to" close={close}>
      <div className="palette form">
        <input
          className="input"
          aria-label="The name of a screen or venue"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <ul role="listbox" aria-label="Places">
          {places.map((place, index) => (
            <li key={place.key} aria-selected={index === at} role="option">
              <button type="button" onClick={() => go(place)}>
                {place.label}
              </button>
            </li>
          ))}
        </ul>
        <p className="quiet small">
          <kbd>/</kbd> search, <kbd>j</kbd> <kbd>k</kbd> rows, <kbd>Enter</kbd> open, <kbd>Esc</kbd> close, <kbd>[</kbd>{" "}
          <kbd>]</kbd> day
        </p>
      </div>
    </Modal>
  );
}
