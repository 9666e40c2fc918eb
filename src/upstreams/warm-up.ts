/**
 * Answers a request that only prepares the next one: at once, here, and with nothing. The real
 * upstream would fill its prompt cache meanwhile; over HTTP it cannot be asked to.
 */
import { RelayError } from "../errors.ts";
import { Frame } from "../protocol/frame.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { ResponsesRequest } from "../protocol/request.ts";
import type { RequestScope } from "../scope.ts";
import type { Answering } from "./upstream.ts";

export const warmUp: Answering = {
  async open(request, scope) {
    const response = toResponse(request, scope);
    const frames = [
      frame("response.created", { response, sequence_number: 0 }),
      frame("response.completed", {
        response: { ...response, status: "completed", usage: noUsage },
        sequence_number: 1,
      }),
    ];
    return {
      status: 200,
      requestId: undefined,
      headers: {},
      batches: once(frames),
      explain: () => new RelayError("internal_error", "A warm-up failed."),
    };
  },
};

async function* once(batch: readonly Frame[]): AsyncGenerator<readonly Frame[]> {
  yield batch;
}

function frame(type: string, fields: JsonObject): Frame {
  return new Frame(type, JSON.stringify({ type, ...fields }));
}

const noUsage = {
  input_tokens: 0,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 0,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 0,
};

/** A `response` object with every field that has to be there; what the client sent is not sent back. */
function toResponse(request: ResponsesRequest, { ids, clock }: RequestScope): JsonObject {
  return {
    id: `resp_prewarm_${ids.next()}`,
    object: "response",
    created_at: Math.floor(clock.now() / 1000),
    status: "in_progress",
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model: request.model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    temperature: null,
    tool_choice: "auto",
    tools: [],
    top_p: null,
    usage: null,
  };
}
