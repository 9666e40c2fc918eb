/** Who answers at an address of this machine: a relay says its version and which one it is. */
import { isJsonObject, parseJson } from "../protocol/json.ts";
import { printable } from "./render.ts";

/** It is this machine: who does not answer by then is no relay. */
const patienceMs = 2_000;

export interface AnsweringRelay {
  readonly version: string;
  /** Undefined when it comes from a version that does not tell. */
  readonly instance: string | undefined;
}

/** The relay at a base like `http://127.0.0.1:8080`; undefined when nobody, or something else, answers. */
export async function relayAt(url: string): Promise<AnsweringRelay | undefined> {
  // Most commands find no relay to ask, and load nothing that asks.
  const { createHttpClient } = await import("../upstreams/http.ts");
  const limits = { connectTimeoutMs: patienceMs, silenceTimeoutMs: patienceMs };
  const http = await createHttpClient(limits);
  try {
    const answer = await http.send({
      method: "GET",
      url: `${url}/healthz`,
      headers: {},
      signal: AbortSignal.timeout(patienceMs),
    });
    const body = parseJson(await answer.wholeText(4_096));
    if (!isJsonObject(body) || body["app_name"] !== "AIRelays") return undefined;
    const { version, instance } = body;
    return {
      version: printable(String(version)).slice(0, 40),
      instance: typeof instance === "string" ? instance : undefined,
    };
  } catch {
    // Whatever it is, it does not speak like a relay.
    return undefined;
  } finally {
    await http.close();
  }
}
