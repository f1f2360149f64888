import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { refreshAll } from "../live/hooks";

export interface PayloadError {
  code: string;
  message: string;
  field: string | null;
}

/** Runs a mutation, reads the page again when it has succeeded, and keeps the error that it reports otherwise. */
export function useMutation() {
  const client = useQueryClient();
  const [error, setError] = useState<PayloadError | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async (send: () => Promise<{ errors: readonly PayloadError[] }>, done?: () => void) => {
    setBusy(true);
    try {
      const failed = (await send()).errors[0] ?? null;
      setError(failed);
      if (failed) return;
      refreshAll(client);
      done?.();
    } catch (thrown) {
      const { code = "ERROR", message } = thrown as { code?: string; message: string };
      setError({ code, message, field: null });
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, error, clear: () => setError(null) };
}
