/** Routes of OpenAI's API that have no upstream here: 501, with what is missing and what to use. */
import { RelayError } from "../../errors.ts";
import type { Route } from "../route.ts";

/** By path; a path that ends in `**` stands for everything below it. */
const missing: Readonly<Record<Route["path"], string>> = {
  "/v1/embeddings":
    "A ChatGPT subscription makes no embeddings. Use a local model, such as Ollama's, for them.",
  "/v1/audio/**": "A ChatGPT subscription makes and takes no audio here. Use a local speech model.",
  "/v1/images/**":
    "Images are made by the tool `image_generation` on /v1/responses and /v1/chat/completions.",
  "/v1/videos/**": "A ChatGPT subscription makes no videos here.",
  "/v1/realtime/**": "There is no realtime session. Use /v1/responses with `stream: true`.",
  // The upstream has had such a route, but its clients stopped using it, and it tells no usage.
  "/v1/responses/compact":
    'The upstream compacts on /v1/responses: put `{"type": "compaction_trigger"}` last in the `input`, and go on from the `compaction` item that it answers.',
  "/v1/responses/input_tokens":
    "The upstream does not count tokens in advance. The `usage` of an answer tells them.",
  "/v1/moderations": "The upstream has no moderation route.",
  "/v1/batches/**": "There are no batches. Send the requests one by one.",
  "/v1/fine_tuning/**": "A ChatGPT subscription cannot fine-tune.",
  "/v1/assistants/**": "Use /v1/responses, with `previous_response_id` or a conversation.",
  "/v1/threads/**": "Use /v1/responses, with `previous_response_id` or a conversation.",
  "/v1/vector_stores/**": "There is no vector store. Put the text into the request.",
  "/v1/uploads/**": "Upload the file in one piece: POST /v1/files.",
  "/v1/evals/**": "The upstream has no evaluations.",
};

export function unsupportedRoutes(): Route[] {
  return Object.entries(missing).flatMap(([path, message]) =>
    pathsOf(path as Route["path"]).map(
      (each): Route => ({
        method: "ANY",
        path: each,
        handle: () => Promise.reject(new RelayError("unsupported_error", message)),
      }),
    ),
  );
}

/** `/v1/audio/**` is `/v1/audio` too. */
function pathsOf(path: Route["path"]): Route["path"][] {
  return path.endsWith("/**") ? [path.slice(0, -3) as Route["path"], path] : [path];
}
