/**
 * https in front of a plain server of this machine, with a certificate that nobody trusts: made when
 * the test runs, for `upstream.test`, `auth.test` and 127.0.0.1. A proxy has another one, for its own
 * names only.
 */
import { writeFile } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Certificate, createCertificate } from "./certificate.ts";
import { makeTempFolder } from "./temp-folder.ts";

export interface TlsFront {
  readonly port: number;
  /** Both certificates, as `NODE_EXTRA_CA_CERTS` wants them. */
  readonly caFile: string;
  /** For a proxy that speaks TLS, at `localhost` or 127.0.0.1. */
  readonly secure: Certificate;
}

export async function startTlsFront(behind: string): Promise<TlsFront> {
  const folder = await makeTempFolder();
  const { key, cert } = createCertificate(["upstream.test", "auth.test", "127.0.0.1"]);
  const secure = createCertificate(["localhost", "127.0.0.1"]);
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, cert + secure.cert);
  const server = createServer({ key, cert }, (request, response) => {
    const { method, url, headers } = request;
    const onward = plainRequest(
      new URL(url ?? "/", behind),
      { ...(method === undefined ? {} : { method }), headers: { ...headers, host: "127.0.0.1" } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.on("upgrade", (request, client, head) => {
    const { hostname, port } = new URL(behind);
    const onward = connect(Number(port), hostname, () => {
      const headers = Object.entries({ ...request.headers, host: "127.0.0.1" });
      const lines = headers.map(([name, value]) => `${name}: ${value}`);
      onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      onward.write(head);
      onward.pipe(client).pipe(onward);
    });
    onward.on("error", () => client.destroy());
    client.on("error", () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on a port has an address of this kind.
  return { port: (server.address() as AddressInfo).port, caFile, secure };
}
