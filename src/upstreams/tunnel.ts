/**
 * A connection through an HTTP proxy: `CONNECT`, and then the bare socket. Written out because
 * undici's own agent has neither our time limit on a proxy that does not answer nor an error that
 * says which of the two servers failed. Knows nothing of what is sent through it.
 */
import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { isIP, type Socket } from "node:net";
import { networkFaultOf, ProxyFailure } from "../network-fault.ts";
import type { ProxyServer } from "./proxy.ts";

export interface TunnelTarget {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
}

/** The socket to the target, or a ProxyFailure: whatever goes wrong here, the target never heard of it. */
export function openTunnel(
  proxy: ProxyServer,
  { host, port }: TunnelTarget,
  timeoutMs: number,
): Promise<Socket> {
  const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const at = `the proxy \`${proxy.shown}\` (\`${proxy.variable}\`)`;
  return new Promise((resolve, reject) => {
    const request = (proxy.isSecure ? secureRequest : plainRequest)({
      host: proxy.host,
      port: proxy.port,
      method: "CONNECT",
      path: target,
      headers: {
        host: target,
        ...(proxy.authorization === undefined
          ? {}
          : { "proxy-authorization": proxy.authorization }),
      },
      // Said, because Node would take the name of the `host` header, which is the target's.
      servername: isIP(proxy.host) === 0 ? proxy.host : "",
      // A socket of its own: the tunnel takes it over.
      agent: false,
    });
    const timer = setTimeout(() => {
      request.destroy(new ProxyFailure(`${at} did not open a connection in time`));
    }, timeoutMs);
    request.once("error", (error) => {
      clearTimeout(timer);
      const { reason } = networkFaultOf(error);
      reject(
        error instanceof ProxyFailure
          ? error
          : new ProxyFailure(`${at} cannot be reached: ${reason}`, { cause: error }),
      );
    });
    request.once("connect", (answer, socket: Socket, head: Buffer) => {
      clearTimeout(timer);
      if (answer.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.on("error", () => undefined);
      socket.destroy();
      reject(new ProxyFailure(`${at} ${refusal(answer.statusCode)}`));
    });
    request.end();
  });
}

function refusal(status: number | undefined): string {
  if (status === 407) return "wants another user name and password (407)";
  return `refused the connection (${status ?? "no status"})`;
}
