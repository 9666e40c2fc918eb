/**
 * A program: the measure of everything. A `node:http` server that passes each request through undici
 * to the upstream and the answer back, and looks at neither.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent } from "undici";

const origin = process.argv[2] ?? "";
const agent = new Agent({ keepAliveTimeout: 60_000 });

const server = createServer((request, response) => {
  const { host: _host, connection: _connection, ...headers } = request.headers;
  agent
    .stream(
      { origin, path: request.url ?? "/", method: "POST", headers, body: request },
      ({ statusCode, headers: answered }) => {
        const { connection: _theirs, "transfer-encoding": _coding, ...passed } = answered;
        return response.writeHead(statusCode, passed);
      },
    )
    .catch(() => response.destroy());
});
server.keepAliveTimeout = 65_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ ready: { url: `http://127.0.0.1:${port}` } });
});
process.on("disconnect", () => process.exit());
