/** Can this port be had, and if not, why: asked before listening, and by `airelays doctor`. */
import { createServer } from "node:net";
import { RelayError, reasonOf } from "../errors.ts";

/**
 * What a host stands for. `localhost` is 127.0.0.1 for some programs and ::1 for others: whoever
 * listened on the other one would be sent the relay token.
 */
export function bindAddresses(host: string): readonly [string, ...string[]] {
  return host === "127.0.0.1" || host === "localhost" ? ["127.0.0.1", "::1"] : [host];
}

/** Does this machine lack the family of the address? */
export function isMissingFamily(error: unknown): boolean {
  const code = codeOf(error);
  return code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT";
}

/**
 * Binds the port of every address of the host for a moment, and rejects with `port_in_use` and
 * Node's error as its cause: listhen's own check does not say why a port cannot be had.
 */
export async function probePort(host: string, port: number): Promise<void> {
  for (const [index, address] of bindAddresses(host).entries()) {
    await bindOnce(address, port).catch((error: unknown) => {
      if (index > 0 && isMissingFamily(error)) return;
      throw cannotListen(address, port, error);
    });
  }
}

function bindOnce(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

export function cannotListen(host: string, port: number, cause: unknown): RelayError {
  switch (codeOf(cause)) {
    case "EADDRINUSE":
      return new RelayError(
        "port_in_use",
        `Port ${port} on ${host} is in use. Another relay may be running: airelays status`,
        {
          hint: "Choose another port with --port, or stop the program that holds this one.",
          cause,
        },
      );
    case "EACCES":
      return new RelayError("port_in_use", `The system does not allow port ${port} on ${host}.`, {
        hint: "Choose a port above 1023 with --port.",
        cause,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new RelayError("port_in_use", `\`${host}\` is not an address of this machine.`, {
        hint: "Choose one with --host; the default is 127.0.0.1.",
        cause,
      });
    default:
      return new RelayError(
        "port_in_use",
        `Cannot listen on ${host}, port ${port}: ${reasonOf(cause)}`,
        { hint: "Choose another address with --host or another port with --port.", cause },
      );
  }
}
