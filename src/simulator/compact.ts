/** `POST /codex/responses/compact`: the whole history in, a shorter one out, in one JSON answer. */
import { idFrom } from "./digest.ts";
import { gatewayRefusal, jsonAnswer, type WholeAnswer } from "./exchange.ts";
import { checkModel } from "./gateway-checks.ts";
import { checkInputItems } from "./input-checks.ts";
import { type JsonObject, objectsAt } from "./json.ts";
import { sealed } from "./outputs.ts";
import type { Quota } from "./quota.ts";
import { missing, unknownParameter } from "./refusals.ts";

const accepted: ReadonlySet<string> = new Set([
  "model",
  "input",
  "instructions",
  "tools",
  "parallel_tool_calls",
  "reasoning",
  "service_tier",
  "prompt_cache_key",
  "text",
  "previous_response_id",
]);

/** The user's messages as they are and one sealed item for the rest; or the refusal. */
export function answerCompact(body: JsonObject, seed: string, quota: Quota): WholeAnswer {
  const unknown = Object.keys(body).find((key) => !accepted.has(key));
  if (unknown !== undefined) return unknownParameter(unknown);
  const modelProblem = checkModel(body);
  if (modelProblem !== undefined) return modelProblem;
  // Reported to be required here still, unlike in a turn; an empty string will do.
  if (typeof body["instructions"] !== "string") return missing("instructions");
  const { input } = body;
  if (!Array.isArray(input)) return gatewayRefusal("Input must be a list");
  const refusal = checkInputItems(input);
  if (refusal !== undefined) return refusal;
  const id = idFrom("cmp_", seed);
  const users = objectsAt(body, "input").filter((item) => item["role"] === "user");
  const output = [...users, { id, type: "compaction", encrypted_content: sealed(id) }];
  return jsonAnswer(200, { output }, quota.headers(seed));
}
