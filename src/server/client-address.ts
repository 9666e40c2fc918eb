/**
 * The address that a request counts for: the peer's, or the one that a proxy of the person's own has
 * written down. Everybody else's `X-Forwarded-For` is a claim and is not read. Pure.
 */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { plainAddress } from "./addresses.ts";

export interface ForwardedOptions {
  /** Addresses and networks of proxies. */
  readonly trustedProxies: readonly string[];
  /** The older switch, which names nobody: then the proxies of this machine are meant. */
  readonly trustForwardedFor: boolean;
}

export type ClientAddress = (req: IncomingMessage) => string;

export function createClientAddress(options: ForwardedOptions): ClientAddress {
  const { trustedProxies, trustForwardedFor } = options;
  const proxies = toBlockList(
    trustForwardedFor ? [...trustedProxies, "127.0.0.0/8", "::1"] : trustedProxies,
  );
  return ({ socket, headers }) => {
    const peer = plainAddress(socket.remoteAddress ?? "unknown");
    if (proxies === undefined || !isIn(proxies, peer)) return peer;
    // Each proxy adds the address that it was asked from at the end: those further left are told by
    // the one before, as far as that one is trusted.
    let address = peer;
    for (const entry of String(headers["x-forwarded-for"] ?? "")
      .split(",")
      .reverse()) {
      const told = withoutPort(entry.trim());
      if (isIP(told) === 0) return address;
      address = plainAddress(told);
      if (!isIn(proxies, address)) return address;
    }
    return address;
  };
}

function toBlockList(networks: readonly string[]): BlockList | undefined {
  if (networks.length === 0) return undefined;
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const family = familyOf(address);
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

function isIn(list: BlockList, address: string): boolean {
  return isIP(address) !== 0 && list.check(address, familyOf(address));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** Some proxies write the port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(entry) ?? [];
  return bracketed ?? plain ?? entry;
}
