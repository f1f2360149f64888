import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type ResultOf, textOf } from "../../app/graphql";
import { useVenue } from "../../app/venue";
import { useSubscription } from "../../live/hooks";
import { request } from "../../live/request";
import { formatCount, formatShare } from "../../money/money";
import { formatDateTime, words } from "../../time/time";
import { FormError } from "../../ui/Field";
import { Empty, Fact, Figure, Panel, State } from "../../ui/Panel";
import { Table } from "../../ui/Table";
import { useMutation } from "../../ui/useMutation";
import { useConnectionChanges } from "./changes";
import { type Connection, ConnectionsQuery, DisconnectMutation, ProgressSubscription, SyncMutation } from "./queries";
import { Doctor } from "./Doctor";
import { Wizard } from "./Wizard";

type Progress = ResultOf<typeof ProgressSubscription>["syncProgressed"];

/** Is every point of sale well? */
export function Connections() {
  const venue = useVenue();
  const client = useQueryClient();
  const [connecting, setConnecting] = useState(false);
  const [progress, setProgress] = useState<ReadonlyMap<string, Progress>>(new Map());
  useConnectionChanges(venue.id);
  useSubscription(ProgressSubscription, { venueId: venue.id }, (data: ResultOf<typeof ProgressSubscription>) => {
    setProgress((old) => new Map(old).set(data.syncProgressed.id, data.syncProgressed));
    if (data.syncProgressed.status !== "RUNNING") void client.invalidateQueries({ queryKey: [textOf(ConnectionsQuery)] });
    return undefined;
  });
  return (
    <div className="screen">
      <header>
        <h1>Connections</h1>
        <span className="grow" />
        {venue.isModerator ? (
          <button type="button" className="button main" onClick={() => setConnecting(true)}>
            Connect a point of sale
          </button>
        ) : null}
      </header>
      <Panel
        title="Points of sale of this venue"
        document={ConnectionsQuery}
        variables={{ venueId: venue.id }}
        height={320}
        refreshSeconds={30}
      >
        {(data) => {
          const connections = data.venue?.posConnections ?? [];
          if (connections.length === 0)
            return (
              <Empty>
                {venue.isModerator
                  ? 'No point of sale is connected yet. Choose "Connect a point of sale"; you need the access token of Square or Toast.'
                  : "No point of sale is connected yet. A HEAD_MODERATOR connects one."}
              </Empty>
            );
          return (
            <div className="stack">
              {connections.map((connection) => (
                <One key={connection.id} connection={connection} progress={progress} />
              ))}
            </div>
          );
        }}
      </Panel>
      {connecting ? <Wizard close={() => setConnecting(false)} /> : null}
    </div>
  );
}

function headline(connection: Connection, zone: string) {
  if (connection.status === "DISCONNECTED") return <State tone="off">Disconnected</State>;
  if (connection.status === "NEEDS_ATTENTION")
    return <State tone="bad">{connection.statusReason?.message ?? "Needs attention"}</State>;
  if (connection.quietSince)
    return <State tone="warn">No payment since {formatDateTime(connection.quietSince, zone)}, which is unusual at this hour</State>;
  return <State tone="good">Connected</State>;
}

function One({ connection, progress }: { connection: Connection; progress: ReadonlyMap<string, Progress> }) {
  const venue = useVenue();
  const { run, busy, error } = useMutation();
  const at = (time: string | null) => (time ? formatDateTime(time, venue.timeZone) : "never yet");
  const { sync, webhook } = connection;
  return (
    <section
      aria-label={`${words(connection.provider)} ${connection.locationName ?? connection.externalLocationId}`}
      className="stack"
      style={{ gap: 16 }}
    >
      <div className="filters" style={{ alignItems: "center" }}>
        <h3>
          {words(connection.provider)}, {connection.locationName ?? connection.externalLocationId}
        </h3>
        {connection.environment === "SANDBOX" ? <span className="quiet small">Sandbox</span> : null}
      </div>
      <p>{headline(connection, venue.timeZone)}</p>
      <dl className="figures">
        <Figure plain label="Transactions" value={formatCount(connection.transactionCount)} />
        <Figure plain label="Last webhook" value={at(webhook.lastEventAt)} />
        <Figure
          plain
          label="Last sync"
          value={at(sync.lastSyncAt)}
          note={sync.nextSyncAt ? `next at ${at(sync.nextSyncAt)}` : undefined}
        />
        <Figure plain label="Last good call" value={at(connection.lastGoodCallAt)} />
      </dl>
      <FormError error={error} />
      {connection.status === "DISCONNECTED" ? null : (
        <div className="filters">
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() =>
              void run(
                async () =>
                  (await request(SyncMutation, { input: { venueId: venue.id, connectionId: connection.id } })).syncTransactions,
              )
            }
          >
            Sync now
          </button>
          {venue.isModerator ? (
            <button
              type="button"
              className="link red"
              disabled={busy}
              onClick={() => {
                if (window.confirm("Disconnect this point of sale? Its transactions stay, and no new ones arrive."))
                  void run(
                    async () => (await request(DisconnectMutation, { input: { connectionId: connection.id } })).disconnectPos,
                  );
              }}
            >
              Disconnect
            </button>
          ) : null}
        </div>
      )}
      {connection.syncRuns.nodes.length > 0 ? (
        <Table
          caption="Sync runs, latest first"
          rows={connection.syncRuns.nodes}
          keyOf={(row) => row.id}
          columns={[
            { title: "Sync", cell: (row) => `${words(row.trigger)}, ${at(row.startedAt)}` },
            {
              title: "State",
              cell: (row) => {
                const live = progress.get(row.id);
                const status = row.finishedAt ? row.status : (live?.status ?? row.status);
                if (status === "RUNNING") return <Bar share={live?.progress ?? row.progress} />;
                return (
                  <State tone={status === "COMPLETED" ? "good" : status === "PARKED" ? "warn" : "off"}>
                    {words(status)}
                    {row.error ? `: ${row.error.message}` : ""}
                  </State>
                );
              },
            },
            { title: "New", number: true, cell: (row) => formatCount(row.created) },
            { title: "Changed", number: true, cell: (row) => formatCount(row.updated) },
            { title: "Known", number: true, cell: (row) => formatCount(row.unchanged) },
          ]}
        />
      ) : null}
      {sync.recentErrors.length > 0 ? (
        <dl className="facts">
          {sync.recentErrors.slice(0, 3).map((entry) => (
            <Fact key={`${entry.at} ${entry.code}`} label={at(entry.at)}>
              <span className="mono">{entry.code}</span> {entry.message}
            </Fact>
          ))}
        </dl>
      ) : null}
      {connection.status === "DISCONNECTED" ? null : <Doctor connection={connection} />}
    </section>
  );
}

function Bar({ share }: { share: number }) {
  return (
    <span>
      {formatShare(share)}
      <span
        className="progress"
        role="progressbar"
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-label="Progress of the sync"
      >
        <span style={{ width: `${share * 100}%` }} />
      </span>
    </span>
  );
}
