/** A real server with the routes of local state and nothing behind them, on a free port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { RelayError } from "../../src/errors.ts";
import type { Dialect } from "../../src/facades/facade.ts";
import { createAdmission } from "../../src/server/admission.ts";
import { createApp } from "../../src/server/app.ts";
import { createBodyReader } from "../../src/server/body.ts";
import { createCors } from "../../src/server/cors.ts";
import { createDecoders } from "../../src/server/decompress.ts";
import { createGuard } from "../../src/server/guard.ts";
import { conversationRoutes } from "../../src/server/routes/conversations.ts";
import { fileRoutes } from "../../src/server/routes/files.ts";
import { storedResponseRoutes } from "../../src/server/routes/stored-responses.ts";
import { createRunning } from "../../src/server/running.ts";
import { createZstd } from "../../src/server/zstd.ts";
import { createConversationStore } from "../../src/storage/conversations.ts";
import { createFileStore } from "../../src/storage/files.ts";
import { createMemoryResponses } from "../../src/storage/responses.ts";
import { createTransitLog } from "../../src/transit/log.ts";
import { countingIds, settableClock } from "./local-state.ts";
import { makeTempFolder } from "./temp-folder.ts";

export async function startStateServer(
  options: { responses?: "off"; dialects?: readonly Dialect[]; requireToken?: boolean } = {},
) {
  const folder = await makeTempFolder();
  const clock = settableClock();
  const ids = countingIds();
  const onNotice = (): void => undefined;
  const uploads = join(folder, "uploads");
  const files = createFileStore({
    directory: uploads,
    maxFileBytes: 200_000,
    maxTotalBytes: 300_000,
    clock,
    ids,
    onNotice,
  });
  const conversations = createConversationStore({
    directory: join(folder, "conversations"),
    clock,
    // Of their own, because every request takes an id too.
    ids: countingIds(),
    onNotice,
  });
  const limits = { maxCount: 10, maxBytes: 100_000, maxAgeMs: 3_600_000 };
  const responses = options.responses === "off" ? undefined : createMemoryResponses(limits, clock);
  const transit = createTransitLog({
    directory: join(folder, "logs"),
    clock,
    content: "full",
    onNotice,
  });
  const zstd = createZstd();
  const readBody = createBodyReader({ limitBytes: 1_000_000, decoderOf: createDecoders(zstd) });
  const running = createRunning();
  const cors = createCors([]);
  const handler = createApp({
    routes: [
      ...fileRoutes(files),
      ...conversationRoutes({ conversations, readBody }),
      ...storedResponseRoutes(responses),
    ],
    clock,
    ids,
    transit,
    running,
    withoutSecrets: (text) => text,
    ...createAdmission({
      checkSender: createGuard({
        listenHost: "127.0.0.1",
        allowedHosts: [],
        allowedOrigins: [],
      }),
      cors,
      authenticate: options.requireToken
        ? () => Promise.reject(new RelayError("invalid_api_key", "No."))
        : undefined,
      limits: { admit: () => ({ release: () => undefined }) },
      running,
      recordRefusal: () => undefined,
    }),
    dialects: options.dialects ?? [],
    clientAddress: () => "127.0.0.1",
    cors,
  });
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await transit.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const send = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  return {
    url,
    uploads,
    files,
    conversations,
    responses,
    send,
    /** Status and body of a JSON call. */
    async call(method: string, path: string, body?: unknown) {
      const answer = await send(method, path, body);
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
  };
}
