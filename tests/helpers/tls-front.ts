/**
 * https in front of a plain server of this machine, with a certificate that nobody trusts: made by
 * openssl when the test runs, for `upstream.test`, `auth.test` and 127.0.0.1.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { makeTempFolder } from "./temp-folder.ts";

export interface TlsFront {
  readonly port: number;
  /** The certificate, as `NODE_EXTRA_CA_CERTS` wants it. */
  readonly caFile: string;
  /** The same, for a proxy that speaks TLS. */
  readonly secure: { readonly key: Buffer; readonly cert: Buffer };
}

export async function startTlsFront(behind: string): Promise<TlsFront> {
  const folder = await makeTempFolder();
  const [keyFile, caFile] = [join(folder, "key.pem"), join(folder, "ca.pem")];
  const names = "subjectAltName=DNS:upstream.test,DNS:auth.test,IP:127.0.0.1";
  await promisify(execFile)("openssl", [
    ...[
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=upstream.test",
    ],
    ...["-addext", names, "-keyout", keyFile, "-out", caFile],
  ]);
  const [key, cert] = await Promise.all([readFile(keyFile), readFile(caFile)]);
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
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on a port has an address of this kind.
  return { port: (server.address() as AddressInfo).port, caFile, secure: { key, cert } };
}
