import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createConsoleRouter } from "./app/router";
import { loadSettings, onSessionChange } from "./app/session";
import { SettingsContext, SignInGate } from "./app/SignIn";
import "./ui/console.css";

const client = new QueryClient({ defaultOptions: { queries: { staleTime: 2_000, refetchOnWindowFocus: false } } });
const settings = await loadSettings();
if (settings.authority) {
  const { completeSignIn } = await import("./app/oidc");
  try {
    const address = await completeSignIn(settings);
    if (address) history.replaceState(null, "", address);
  } catch {
    // The sign-in screen is shown again, from which another attempt can be made.
    history.replaceState(null, "", "/");
  }
}
// Figures of one user are never shown to the next.
let wasSignedIn = sessionStorage.getItem("posmodular.token");
onSessionChange(() => {
  const now = sessionStorage.getItem("posmodular.token");
  if (now !== wasSignedIn) void client.resetQueries();
  // The same token again, after the host had refused it.
  else if (now) void client.invalidateQueries();
  wasSignedIn = now;
});

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <SettingsContext value={settings}>
      <QueryClientProvider client={client}>
        <SignInGate>
          <RouterProvider router={createConsoleRouter()} />
        </SignInGate>
      </QueryClientProvider>
    </SettingsContext>
  </StrictMode>,
);
