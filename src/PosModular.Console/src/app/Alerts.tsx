import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useApi, useSubscription } from "../live/hooks";
import { formatDay, formatShort } from "../time/time";
import { CopyQuery, State } from "../ui/Panel";
import { graphql, type ResultOf, textOf } from "./graphql";
import type { ConsoleVenue } from "./venue";

const AlertsQuery = graphql(`
  query ConsoleAlerts($venueId: ID!) {
    venue(id: $venueId) {
      alerts {
        id
        kind
        since
        message
        connectionId
        endpointId
        businessDate
      }
    }
  }
`);

const AlertRaisedSubscription = graphql(`
  subscription ConsoleAlertRaised($venueId: ID!) {
    alertRaised(venueId: $venueId) {
      id
    }
  }
`);

type Alert = NonNullable<ResultOf<typeof AlertsQuery>["venue"]>["alerts"][number];

/** The screen on which something is done about an alert; null when nothing is to be done in the console. */
export function placeOfAlert(alert: Pick<Alert, "kind" | "businessDate" | "endpointId">, isOwner: boolean) {
  if (alert.kind.startsWith("CONNECTION_")) return { path: "connections", label: "Go to the connections", search: {} };
  if (alert.kind === "RECONCILIATION_DIFFERS")
    return { path: "proved", label: "Go to that day", search: alert.businessDate ? { day: alert.businessDate } : {} };
  // The endpoints of a venue are shown to its owners alone.
  if (alert.kind === "ENDPOINT_FAILING" && isOwner)
    return { path: "endpoints", label: "Go to the endpoint", search: alert.endpointId ? { endpoint: alert.endpointId } : {} };
  return null;
}

/** What somebody has to look at, in the head of every page. Nothing is shown when all is well. */
export function Alerts({ venue }: { venue: ConsoleVenue }) {
  const client = useQueryClient();
  const variables = { venueId: venue.id };
  const alerts = useApi(AlertsQuery, variables, { refreshSeconds: 15 }).data?.venue?.alerts ?? [];
  const [all, setAll] = useState(false);
  // It also keeps the connection open on screens that follow nothing of their own, so that the badge tells the truth on each of them.
  useSubscription(AlertRaisedSubscription, variables, (data: ResultOf<typeof AlertRaisedSubscription>) => {
    const known = client.getQueryData<ResultOf<typeof AlertsQuery>>([textOf(AlertsQuery), variables])?.venue?.alerts;
    if (!known?.some((alert) => alert.id === data.alertRaised.id))
      void client.invalidateQueries({ queryKey: [textOf(AlertsQuery), variables] });
    return undefined;
  });
  if (alerts.length === 0) return null;
  return (
    <section className="alerts" aria-label="Alerts">
      <ul>
        {(all ? alerts : alerts.slice(0, 1)).map((alert) => (
          <li key={alert.id}>
            <State tone="warn">Since {formatShort(alert.since, venue.timeZone)}</State>
            <p>
              {alert.businessDate ? `${formatDay(alert.businessDate)}: ` : ""}
              {alert.message}
            </p>
            <Place alert={alert} venue={venue} />
          </li>
        ))}
      </ul>
      {alerts.length > 1 ? (
        <button type="button" className="link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show the most urgent alone" : `${alerts.length - 1} more`}
        </button>
      ) : null}
      <CopyQuery document={AlertsQuery} variables={variables} />
    </section>
  );
}

function Place({ alert, venue }: { alert: Alert; venue: ConsoleVenue }) {
  const place = placeOfAlert(alert, venue.isOwner);
  if (!place) return null;
  return (
    <Link
      className="link"
      // All screens share the shape of this address, as in placeOf.
      to={`/venues/$venueId/${place.path}` as "/venues/$venueId/proved"}
      params={{ venueId: venue.id }}
      search={place.search as { day?: string }}
    >
      {place.label}
    </Link>
  );
}
