/** A home with a login, a token and a relay that serves on the stand-in, all by the commands themselves. */
import { onTestFinished } from "vitest";
import {
  logIn,
  type RunningCommand,
  runCommand,
  type StandInHome,
  startCommand,
  startStandInHome,
} from "./test-io.ts";

export interface ServingHome extends StandInHome {
  readonly token: string;
  /** Without `/v1`. */
  readonly url: string;
  readonly serving: RunningCommand;
  /** A JSON call; gives the id of the request when its answer is there. */
  ask(path: string, body: unknown): Promise<string>;
}

export async function startServingHome(
  more: Readonly<Record<string, string>> = {},
): Promise<ServingHome> {
  const standIn = await startStandInHome();
  const env = { ...standIn.env, AIRELAYS_RETRY_ATTEMPTS: "0", ...more };
  const home = { ...standIn, env };
  await logIn(home);
  await runCommand(["init"], home);
  const { stdout } = await runCommand(["token", "show", "--json"], home);
  const { relay_token: token } = JSON.parse(stdout) as { relay_token: string };
  const serving = startCommand(["serve", "--port", "0"], home);
  onTestFinished(async () => {
    serving.stop();
    await serving.done;
  });
  const [, url = ""] = await serving.until(/Base URL: +(\S+)\/v1\n[\s\S]*Ctrl-C stops/);
  return {
    ...home,
    token,
    url,
    serving,
    async ask(path, body) {
      const answer = await fetch(url + path, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      // A stream that is cut on purpose ends in an error.
      await answer.text().catch(() => undefined);
      const id = answer.headers.get("x-request-id") ?? "";
      await untilLogged(home, id);
      return id;
    },
  };
}

/** The log is written a moment after the answer. */
async function untilLogged(home: StandInHome, id: string): Promise<void> {
  for (;;) {
    const { stdout } = await runCommand(["logs", "--request", id, "--json"], home);
    if (stdout.includes('"outbound_response"')) return;
  }
}
