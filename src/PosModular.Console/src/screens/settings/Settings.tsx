import { type FormEvent, useState } from "react";
import { graphql, type ResultOf } from "../../app/graphql";
import { useVenue } from "../../app/venue";
import { request } from "../../live/request";
import { addDays, formatDateTime, formatDay, formatLongDay, toInstant, words } from "../../time/time";
import { Field, FormError } from "../../ui/Field";
import { Fact, Panel } from "../../ui/Panel";
import { Table } from "../../ui/Table";
import { useMutation } from "../../ui/useMutation";

const SettingsQuery = graphql(`
  query ConsoleSettings($venueId: ID!) {
    venue(id: $venueId) {
      id
      name
      timeZone
      dayCutoff
      currency
      today
      ownerUserIds
      rulesCountFrom
      unlockPolicy
    }
  }
`);

const UpdateMutation = graphql(`
  mutation ConsoleUpdateVenue($input: UpdateVenueInput!) {
    updateVenue(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

type Venue = NonNullable<ResultOf<typeof SettingsQuery>["venue"]>;

/** Which clock does this venue go by? */
export function Settings() {
  const venue = useVenue();
  return (
    <div className="screen">
      <header>
        <h1>Settings</h1>
      </header>
      <Panel title="Venue" document={SettingsQuery} variables={{ venueId: venue.id }} height={240}>
        {(data) =>
          data.venue ? (
            <div className="stack">
              <dl className="facts">
                <Fact label="Id">{data.venue.id}</Fact>
                <Fact label="Currency">{data.venue.currency}</Fact>
                <Fact label="Business date now">{formatLongDay(data.venue.today)}</Fact>
                <Fact label="Rules count spend from">{words(data.venue.rulesCountFrom)}</Fact>
                <Fact label="When spend falls again, an unlock is">{data.venue.unlockPolicy === "KEEP" ? "kept" : "revoked"}</Fact>
                <Fact label="Owners">{data.venue.ownerUserIds.join(", ")}</Fact>
                <Fact label="Time zone">{data.venue.timeZone}</Fact>
                <Fact label="The business day begins at">{data.venue.dayCutoff.slice(0, 5)}</Fact>
              </dl>
              {venue.isModerator ? (
                <Editor key={JSON.stringify(data.venue)} venue={data.venue} />
              ) : (
                <p className="quiet">A HEAD_MODERATOR may change these.</p>
              )}
            </div>
          ) : null
        }
      </Panel>
    </div>
  );
}

/** When a business date begins and ends with these settings; null while they are no time or no zone. */
export function spanOf(date: string, timeZone: string, dayCutoff: string): { from: string; to: string } | null {
  try {
    const from = toInstant(`${date}T${dayCutoff}`, timeZone);
    const to = toInstant(`${addDays(date, 1)}T${dayCutoff}`, timeZone);
    return from && to ? { from, to } : null;
  } catch {
    // A browser refuses a zone that it does not know.
    return null;
  }
}

/** The business date that is running, before and after the change, by the clock of the venue as it is now. */
function Preview({ venue, timeZone, dayCutoff }: { venue: Venue; timeZone: string; dayCutoff: string }) {
  const before = spanOf(venue.today, venue.timeZone, venue.dayCutoff.slice(0, 5));
  const after = spanOf(venue.today, timeZone, dayCutoff);
  const show = (at: string) => formatDateTime(at, venue.timeZone);
  if (!before || !after) return null;
  return (
    <Table
      caption="The running business date before and after the change"
      rows={[
        { key: "As it is", ...before },
        { key: "After the change", ...after },
      ]}
      keyOf={(row) => row.key}
      columns={[
        { title: formatDay(venue.today), cell: (row) => row.key },
        { title: `Begins, by the clock in ${venue.timeZone}`, cell: (row) => show(row.from) },
        { title: "Ends", cell: (row) => show(row.to) },
      ]}
    />
  );
}

function Editor({ venue }: { venue: Venue }) {
  const { run, busy, error } = useMutation();
  const [name, setName] = useState(venue.name);
  const [timeZone, setTimeZone] = useState(venue.timeZone);
  const [dayCutoff, setDayCutoff] = useState(venue.dayCutoff.slice(0, 5));
  const [owners, setOwners] = useState(venue.ownerUserIds.join(", "));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const ownerUserIds = owners
      .split(",")
      .map((id) => id.trim())
      .filter(Boolean);
    void run(
      async () =>
        (
          await request(UpdateMutation, {
            input: { venueId: venue.id, name, timeZone, dayCutoff: `${dayCutoff}:00`, ownerUserIds },
          })
        ).updateVenue,
    );
  };
  const clockChanges = timeZone !== venue.timeZone || dayCutoff !== venue.dayCutoff.slice(0, 5);
  return (
    <form className="form" onSubmit={submit} style={{ maxWidth: 640 }}>
      <h3>Change</h3>
      <div className="pair">
        <Field label="Name" name="name" error={error} value={name} onChange={setName} required />
        <Field label="Owners, separated by commas" name="ownerUserIds" error={error} value={owners} onChange={setOwners} required />
        <Field
          label="Time zone, e.g. Europe/Berlin"
          name="timeZone"
          error={error}
          value={timeZone}
          onChange={setTimeZone}
          required
        />
        <Field
          label="The business day begins at"
          name="dayCutoff"
          error={error}
          type="time"
          value={dayCutoff}
          onChange={setDayCutoff}
          required
        />
      </div>
      {clockChanges ? (
        <div role="status">
          <p className="amber">
            From then on a business day of this venue runs from {dayCutoff} to {dayCutoff} in {timeZone}, for past days too. Every
            figure is recounted by itself: payments near the old limit move to the other day, and no amount is lost.
          </p>
          <Preview venue={venue} timeZone={timeZone} dayCutoff={dayCutoff} />
        </div>
      ) : null}
      <FormError error={error} shown={["name", "ownerUserIds", "timeZone", "dayCutoff"]} />
      <div className="actions">
        <button type="submit" className="button main" disabled={busy}>
          Save
        </button>
      </div>
    </form>
  );
}
