/** Composes the memory of one data folder: uploaded files, conversations and kept answers. */
import { join } from "node:path";
import type { Config } from "./config/schema.ts";
import { createLocalState, type LocalState } from "./pipeline/hydrate.ts";
import type { Runtime } from "./runtime.ts";
import type { ReadJsonBody } from "./server/body.ts";
import type { Route } from "./server/route.ts";
import { conversationRoutes } from "./server/routes/conversations.ts";
import { fileRoutes } from "./server/routes/files.ts";
import { storedResponseRoutes } from "./server/routes/stored-responses.ts";
import { createConversationStore } from "./storage/conversations.ts";
import { createDiskResponses } from "./storage/disk-responses.ts";
import { createFileStore } from "./storage/files.ts";
import { createMemoryResponses, type ResponseStore } from "./storage/responses.ts";

export interface Memory {
  readonly state: LocalState;
  readonly routes: readonly Route[];
}

const hourMs = 3_600_000;

/** One for each data folder and process: quotas and queues are kept by these objects. */
export function createMemory(
  { paths, uploads, state }: Config,
  { clock, ids }: Pick<Runtime, "clock" | "ids">,
  readBody: ReadJsonBody,
  onNotice: (text: string) => void,
): Memory {
  const stateDir = join(paths.dataDir, "state");
  const files = createFileStore({
    directory: join(paths.dataDir, "uploads"),
    maxFileBytes: uploads.maxUploadBytes,
    maxTotalBytes: uploads.maxTotalUploadBytes,
    clock,
    ids,
    onNotice,
  });
  const conversations = createConversationStore({
    directory: join(stateDir, "conversations"),
    clock,
    ids,
    onNotice,
  });
  const limits = {
    maxCount: state.maxResponses,
    maxBytes: state.maxBytes,
    maxAgeMs: state.maxAgeHours * hourMs,
  };
  const directory = join(stateDir, "responses");
  const stores: Readonly<Record<typeof state.responses, () => ResponseStore | undefined>> = {
    memory: () => createMemoryResponses(limits, clock),
    disk: () => createDiskResponses({ directory, limits, clock, onNotice }),
    off: () => undefined,
  };
  const responses = stores[state.responses]();
  return {
    state: createLocalState({ files, conversations, responses, ids, onNotice }),
    routes: [
      ...fileRoutes(files),
      ...conversationRoutes({ conversations, readBody }),
      ...storedResponseRoutes(responses),
    ],
  };
}
