/**
 * Listening where other machines can reach the relay: only when the person has said so twice, never
 * without the relay token, and with the addresses named.
 */
import type { networkInterfaces } from "node:os";
import { parseAddress } from "../config/address.ts";
import type { Config } from "../config/schema.ts";
import { RelayError } from "../errors.ts";
import { inUrl, isAnyAddress, isLoopbackName } from "../server/addresses.ts";
import type { Field } from "./render.ts";

/** Throws `usage` unless the configured addresses, Ollama's too, may be listened on. */
export function checkReach(config: Pick<Config, "server" | "security" | "ollama">): void {
  const { server, security, ollama } = config;
  const isOpen = !security.requireBearerAuth;
  check(server.host, isOpen, server.allowNetwork);
  const address = parseAddress(ollama.listen);
  if (address !== undefined) check(address.host, isOpen || ollama.open, server.allowNetwork);
}

function check(host: string, isOpen: boolean, isAllowed: boolean): void {
  if (isLoopbackName(host)) return;
  if (isOpen) {
    throw new RelayError("usage", `Open mode on \`${host}\` would let others use your account.`, {
      hint: "Serve on 127.0.0.1, or with the relay token.",
    });
  }
  if (!isAllowed) {
    throw new RelayError(
      "usage",
      `Other machines can reach \`${host}\`: whoever has the relay token would use your account from there, and the token travels unencrypted.`,
      {
        hint: "Serve on 127.0.0.1, or add --allow-network if you trust everybody on that network.",
      },
    );
  }
}

type Interfaces = ReturnType<typeof networkInterfaces>;

/** The addresses at which other machines reach a relay that listens there. */
export function reachedAt(host: string, interfaces: Interfaces): readonly string[] {
  if (isLoopbackName(host)) return [];
  if (!isAnyAddress(host)) return [host];
  return Object.values(interfaces)
    .flatMap((entries) => entries ?? [])
    .filter(({ internal, family, scopeid }) => {
      // A link-local address needs a zone that differs on every machine.
      const isLinkLocal = (scopeid ?? 0) !== 0;
      return !internal && !isLinkLocal && (family === "IPv4" || host !== "0.0.0.0");
    })
    .map(({ address }) => address);
}

/** What the person who serves on a network should read. */
export function reachFields(addresses: readonly string[], port: number): readonly Field[] {
  return addresses.map((address) => ({
    label: "Reached at",
    value: `http://${inUrl(address)}:${port}, by other machines`,
    tone: "warn",
  }));
}

export const reachWarning =
  "\nWhoever reaches these addresses with the relay token uses your account and reads the files and\nanswers that are kept here. Token, questions and answers travel unencrypted.\n";
