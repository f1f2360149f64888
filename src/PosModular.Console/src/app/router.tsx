import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { Home, VenueFrame } from "./Frame";
import { textParameter } from "./search";

const root = createRootRoute({ component: Outlet, notFoundComponent: () => <Missing /> });

function Missing() {
  return (
    <main className="door">
      <h1>There is no such page</h1>
      <p>
        <a className="link" href="/">
          Go to the start
        </a>
      </p>
    </main>
  );
}

const home = createRoute({ getParentRoute: () => root, path: "/", component: Home });

export const venueRoute = createRoute({ getParentRoute: () => root, path: "/venues/$venueId", component: VenueFrame });

const tonight = createRoute({
  getParentRoute: () => venueRoute,
  path: "tonight",
  validateSearch: (search: Record<string, unknown>) => textParameter(search, ["screen"]),
  component: lazyRouteComponent(() => import("../screens/tonight/Tonight"), "Tonight"),
});

const transactions = createRoute({
  getParentRoute: () => venueRoute,
  path: "transactions",
  validateSearch: (search: Record<string, unknown>) =>
    textParameter(search, [
      "search",
      "status",
      "provider",
      "method",
      "matched",
      "user",
      "tier",
      "from",
      "to",
      "min",
      "max",
      "order",
      "transaction",
    ]),
  component: lazyRouteComponent(() => import("../screens/transactions/Transactions"), "Transactions"),
});

const revenue = createRoute({
  getParentRoute: () => venueRoute,
  path: "revenue",
  validateSearch: (search: Record<string, unknown>) => textParameter(search, ["period", "on"]),
  component: lazyRouteComponent(() => import("../screens/revenue/Revenue"), "Revenue"),
});

const proved = createRoute({
  getParentRoute: () => venueRoute,
  path: "proved",
  validateSearch: (search: Record<string, unknown>) => textParameter(search, ["month", "day"]),
  component: lazyRouteComponent(() => import("../screens/proved/Proved"), "Proved"),
});

const members = createRoute({
  getParentRoute: () => venueRoute,
  path: "members",
  validateSearch: (search: Record<string, unknown>) => textParameter(search, ["tier", "member", "search", "order"]),
  component: lazyRouteComponent(() => import("../screens/members/Members"), "Members"),
});

const rules = createRoute({
  getParentRoute: () => venueRoute,
  path: "rules",
  component: lazyRouteComponent(() => import("../screens/rules/Rules"), "Rules"),
});

const sessions = createRoute({
  getParentRoute: () => venueRoute,
  path: "sessions",
  component: lazyRouteComponent(() => import("../screens/sessions/Sessions"), "Sessions"),
});

const connections = createRoute({
  getParentRoute: () => venueRoute,
  path: "connections",
  component: lazyRouteComponent(() => import("../screens/connections/Connections"), "Connections"),
});

const events = createRoute({
  getParentRoute: () => venueRoute,
  path: "events",
  validateSearch: (search: Record<string, unknown>) => textParameter(search, ["status", "event", "search"]),
  component: lazyRouteComponent(() => import("../screens/events/Events"), "Events"),
});

const endpoints = createRoute({
  getParentRoute: () => venueRoute,
  path: "endpoints",
  validateSearch: (search: Record<string, unknown>) => textParameter(search, ["endpoint", "status", "delivery"]),
  component: lazyRouteComponent(() => import("../screens/endpoints/Endpoints"), "Endpoints"),
});

const audit = createRoute({
  getParentRoute: () => venueRoute,
  path: "audit",
  validateSearch: (search: Record<string, unknown>) => textParameter(search, ["action", "user"]),
  component: lazyRouteComponent(() => import("../screens/audit/Audit"), "Audit"),
});

const settings = createRoute({
  getParentRoute: () => venueRoute,
  path: "settings",
  component: lazyRouteComponent(() => import("../screens/settings/Settings"), "Settings"),
});

const api = createRoute({
  getParentRoute: () => venueRoute,
  path: "api",
  component: lazyRouteComponent(() => import("../screens/api/Api"), "Api"),
});

const venueStart = createRoute({
  getParentRoute: () => venueRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/" });
  },
});

export function createConsoleRouter() {
  return createRouter({
    routeTree: root.addChildren([
      home,
      venueRoute.addChildren([
        venueStart,
        tonight,
        transactions,
        revenue,
        proved,
        members,
        rules,
        sessions,
        connections,
        events,
        endpoints,
        audit,
        settings,
        api,
      ]),
    ]),
    defaultPreload: "intent",
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
