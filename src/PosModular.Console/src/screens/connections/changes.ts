import { useQueryClient } from "@tanstack/react-query";
import { type ResultOf, textOf } from "../../app/graphql";
import { useSubscription } from "../../live/hooks";
import { HealthQuery } from "../tonight/queries";
import { ConnectionChangedSubscription, ConnectionsQuery } from "./queries";

type Changed = ResultOf<typeof ConnectionChangedSubscription>["connectionChanged"];
type Listed = { venue: { posConnections: readonly { id: string }[] } | null };

/** Keeps the venue's points of sale as they are now, wherever they are shown. */
export function useConnectionChanges(venueId: string): void {
  const client = useQueryClient();
  useSubscription(
    ConnectionChangedSubscription,
    { venueId },
    (data: ResultOf<typeof ConnectionChangedSubscription>) => {
      for (const document of [ConnectionsQuery, HealthQuery]) {
        const key = [textOf(document), { venueId }];
        const old = client.getQueryData<Listed>(key);
        if (!old?.venue) continue;
        const next = withConnection(old.venue.posConnections, data.connectionChanged);
        // A new connection has more to show than the event says.
        if (next) client.setQueryData<Listed>(key, { venue: { ...old.venue, posConnections: next } });
        else void client.invalidateQueries({ queryKey: key });
      }
      return undefined;
    },
  );
}

/** The list with the new state of one connection; null when the list does not contain it. */
export function withConnection<TRow extends { id: string }>(list: readonly TRow[], changed: Changed): TRow[] | null {
  return list.some((row) => row.id === changed.id) ? list.map((row) => (row.id === changed.id ? { ...row, ...changed } : row)) : null;
}
