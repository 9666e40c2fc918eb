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
        const { code, message, details } = toRelayError(error);
        if (code === "internal_error") throw error;
        // Its advice is for clients; here the step has a place of its own.
        const reason = message.replace(/ Set `upstream\.transport` .*$/, "");
        if (isOnly) return { status: "fail", detail: reason, next: details.hint };
        const detail = `No WebSocket opens, so requests go over HTTP: ${reason}`;
        return { status: "warn", detail, next: "Set `upstream.transport` to `http`" };
      }
      const rest = isOnly ? "" : " HTTP is taken where that fails.";
      return { status: "ok", detail: `A WebSocket to the upstream opens.${rest}` };
    }),
};
