/** What a relay that has begun to serve tells the person: where, for whom, and with which sign-in. */
import { networkInterfaces } from "node:os";
import type { AuthStatus } from "../auth/auth-status.ts";
import { parseAddress } from "../config/address.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Colors } from "./io.ts";
import { reachedAt, reachFields, reachWarning } from "./network-reach.ts";
import { type Field, fitLines, formatSection, formatTitle, maskEmail } from "./render.ts";
import { portOf } from "./running-relays.ts";

export interface Greeted {
  readonly title: string;
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly ollamaUrl: string | undefined;
  readonly auth: AuthStatus;
  /** Told below the rest. */
  readonly more?: readonly Field[];
  /** How it ends. */
  readonly ending: string;
}

export function formatGreeting(
  { config }: LoadedConfig,
  greeted: Greeted,
  colors: Colors,
  columns: number | undefined,
): string {
  const { title, url, ollamaUrl, auth, more = [], ending } = greeted;
  const reached = reachOf(config.server.host, url);
  const ollamaReached = reachOf(parseAddress(config.ollama.listen)?.host, ollamaUrl);
  const fields: readonly Field[] = [
    { label: "Base URL", value: `${url}/v1` },
    ...reached,
    config.security.requireBearerAuth
      ? { label: "Relay token", value: "required; airelays token show" }
      : {
          label: "Relay token",
          value: "none: open to every program on this machine",
          tone: "warn",
        },
    ...ollamaField(config, ollamaUrl),
    ...ollamaReached,
    signInField(auth),
    { label: "Transit log", value: `${config.paths.logsDir} (${config.logging.content})` },
    ...more,
  ];
  const warning = reached.length + ollamaReached.length === 0 ? "" : reachWarning;
  const section = formatSection("Relay", fields, colors, columns);
  return `${formatTitle(title, colors)}${section}${fitLines(`${warning}\n${ending}`, columns)}\n`;
}

/** Who is signed in, or why nobody is and what to do. */
export function signInField(auth: AuthStatus): Field {
  const { ready_for_requests: isReady, email, plan_type, error, refresh_failure } = auth;
  return {
    label: "Signed in",
    value: isReady
      ? [maskEmail(email), plan_type].filter(Boolean).join(", ") || "yes"
      : (error?.message ?? refresh_failure?.message ?? "no; run: airelays login"),
    tone: isReady ? "good" : "bad",
  };
}

function reachOf(host: string | undefined, url: string | undefined): readonly Field[] {
  if (host === undefined || url === undefined) return [];
  return reachFields(reachedAt(host, networkInterfaces()), portOf(url));
}

function ollamaField(
  { security, ollama }: LoadedConfig["config"],
  url: string | undefined,
): Field[] {
  if (url === undefined) return [];
  const isOpen = ollama.open || !security.requireBearerAuth;
  return [
    isOpen
      ? {
          label: "Ollama",
          value: `${url}; no token: open to every program on this machine`,
          tone: "warn",
        }
      : { label: "Ollama", value: `${url}; with the relay token` },
  ];
}
