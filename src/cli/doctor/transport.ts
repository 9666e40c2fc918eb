/** Does a WebSocket to the upstream open, where the configuration asks for one? Sends no request on it. */
import { toRelayError } from "../../errors.ts";
import type { Check } from "./check.ts";
import { withUpstream } from "./models.ts";

const patienceMs = 30_000;

export const transport: Check = {
  name: "transport",
  needs: ["login", "tls"],
  applies: ({ loaded }) => loaded.config.upstream.transport !== "http",
  run: (patient) =>
    withUpstream(patient, async (connection) => {
      const isOnly = patient.loaded.config.upstream.transport === "websocket";
      try {
        await connection.probeSocket(AbortSignal.timeout(patienceMs));
      } catch (error) {
        const { code, message } = toRelayError(error);
        if (isOnly || code === "internal_error") throw error;
        const detail = `No WebSocket opens, so requests go over HTTP: ${message}`;
        return { status: "warn", detail, next: "Set `upstream.transport` to `http`" };
      }
      const rest = isOnly ? "" : " HTTP is taken where that fails.";
      return { status: "ok", detail: `A WebSocket to the upstream opens.${rest}` };
    }),
};
