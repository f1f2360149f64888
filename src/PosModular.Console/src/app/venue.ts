import { createContext, use } from "react";
import { useApi } from "../live/hooks";
import { VenueQuery, ViewerQuery } from "./queries";

export interface ConsoleViewer {
  userId: string;
  isModerator: boolean;
  ownedVenueIds: readonly string[];
  venues: readonly { id: string; name: string }[];
}

export interface ConsoleVenue {
  id: string;
  name: string;
  timeZone: string;
  dayCutoff: string;
  currency: string;
  /** The business date now, by the server's clock. */
  today: string;
  isOwner: boolean;
  isModerator: boolean;
}

export const VenueContext = createContext<ConsoleVenue | null>(null);

/** The venue of the current address. */
export function useVenue(): ConsoleVenue {
  const venue = use(VenueContext);
  if (!venue) throw new Error("This screen belongs to a venue.");
  return venue;
}

export function useViewer(): { viewer: ConsoleViewer | undefined; error: Error | null; retry: () => void } {
  const query = useApi(ViewerQuery, {});
  const data = query.data;
  return {
    viewer: data && {
      userId: data.viewer.userId,
      isModerator: data.viewer.roles.includes("HEAD_MODERATOR"),
      ownedVenueIds: data.viewer.ownedVenueIds,
      venues: data.venues.nodes,
    },
    error: query.error,
    retry: () => void query.refetch(),
  };
}

/** Reads the venue; its "today" is asked for again every minute, as the business day ends at night. */
export function useVenueById(venueId: string, viewer: ConsoleViewer | undefined) {
  const query = useApi(VenueQuery, { venueId }, { refreshSeconds: 60, enabled: viewer !== undefined });
  const venue = query.data?.venue;
  const found: ConsoleVenue | undefined =
    venue && viewer ? { ...venue, isOwner: viewer.ownedVenueIds.includes(venue.id), isModerator: viewer.isModerator } : undefined;
  return { venue: found, missing: query.data !== undefined && !venue, error: query.error, retry: () => void query.refetch() };
}

export interface Screen {
  path: string;
  title: string;
  allows: (venue: Pick<ConsoleVenue, "isOwner" | "isModerator">) => boolean;
}

const owner = (venue: Pick<ConsoleVenue, "isOwner">) => venue.isOwner;
const everyone = () => true;

/** The navigation, in order. Who may not see a screen does not meet it. */
export const Screens: readonly { group: string; screens: readonly Screen[] }[] = [
  {
    group: "The venue",
    screens: [
      { path: "tonight", title: "Tonight", allows: owner },
      { path: "transactions", title: "Transactions", allows: owner },
      { path: "revenue", title: "Revenue", allows: owner },
      { path: "proved", title: "Proved", allows: everyone },
      { path: "members", title: "Members", allows: owner },
      { path: "rules", title: "Rules", allows: everyone },
      { path: "sessions", title: "Live sessions", allows: everyone },
    ],
  },
  {
    group: "The points of sale",
    screens: [
      { path: "connections", title: "Connections", allows: everyone },
      { path: "events", title: "Events", allows: everyone },
    ],
  },
  {
    group: "The house",
    screens: [
      { path: "endpoints", title: "Webhook endpoints", allows: owner },
      { path: "audit", title: "Audit", allows: everyone },
      { path: "settings", title: "Settings", allows: everyone },
      { path: "api", title: "API", allows: everyone },
    ],
  },
];

export function allowedScreens(venue: Pick<ConsoleVenue, "isOwner" | "isModerator">): Screen[] {
  return Screens.flatMap((group) => group.screens).filter((screen) => screen.allows(venue));
}

/** The address of a screen by its name. All screens share the shape of the last one's address. */
export function placeOf(venueId: string, path: string) {
  return { to: `/venues/$venueId/${path}` as "/venues/$venueId/api", params: { venueId } };
}
