/** The port that clients are pointed at: free, ours already, or somebody else's. */
import { RelayError } from "../../errors.ts";
import { connectable, inUrl } from "../../server/addresses.ts";
import { probePort } from "../../server/port-probe.ts";
import { version } from "../../version.ts";
import { relayAt } from "../relay-at.ts";
import type { Check } from "./check.ts";

export const port: Check = {
  name: "port",
  needs: [],
  async run({ loaded }) {
    const { host, port: number } = loaded.config.server;
    if (number === 0) return { status: "ok", detail: "0: a free one is taken at each start." };
    const taken = await probePort(host, number).catch((error: unknown) => error);
    if (taken === undefined) {
      return { status: "ok", detail: `${number} on ${host} is free.` };
    }
    if (!(taken instanceof RelayError)) throw taken;
    const cause = taken.details.cause as NodeJS.ErrnoException & { address?: string };
    if (cause.code !== "EADDRINUSE") throw taken;
    // One family may be ours and the other a stranger's, who would be sent the token.
    const address = cause.address ?? host;
    const running = (await relayAt(`http://${inUrl(connectable(address))}:${number}`))?.version;
    if (running === undefined) {
      return {
        status: "fail",
        detail: `${number} on ${address} is held by a program that is no AIRelays: send it no relay token.`,
        next: "Stop that program, or serve elsewhere: airelays serve --port 8317",
      };
    }
    if (running === version) {
      return { status: "ok", detail: `AIRelays serves on ${host}, port ${number}.` };
    }
    return {
      status: "warn",
      detail: `AIRelays ${running} serves on ${host}, port ${number}; this is ${version}.`,
      next: "Stop it and start it again, so that both are the same",
    };
  },
};
