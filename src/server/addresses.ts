/** Names and addresses as they are compared: which are this machine's own, and which mean all of them. Pure. */
import { isIP, isIPv4, isIPv6 } from "node:net";

/** Only programs of this machine reach what listens there. */
export function isLoopbackName(name: string): boolean {
  return name === "localhost" || name === "::1" || (isIPv4(name) && name.startsWith("127."));
}

/** Not an address but every address: what listens there can be reached from other machines. */
export function isAnyAddress(name: string): boolean {
  return isIP(name) !== 0 && /^[0.:]+$/.test(name);
}

/** An IPv4 address that came over an IPv6 socket, in its own form. */
export function plainAddress(address: string): string {
  if (!address.startsWith(":")) return address;
  const mapped = address.replace(/^::ffff:/i, "");
  return isIPv4(mapped) ? mapped : address;
}

/**
 * A name as it is compared: lower case, and an IPv6 address as short as it can be written, without the
 * interface that it was heard on, which no Host header has.
 */
export function comparable(name: string): string {
  const [bare = ""] = name.toLowerCase().split("%");
  if (!isIPv6(bare)) return name.toLowerCase();
  return new URL(`http://[${bare}]`).hostname.slice(1, -1);
}

/** As it stands in a URL. */
export function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** An address to connect to on this machine; "all addresses" is none. */
export function connectable(host: string): string {
  if (!isAnyAddress(host)) return host;
  return host.includes(":") ? "::1" : "127.0.0.1";
}
