/** The controls below `/simulator/`: what came in, how it stands, which faults are on. */
import { type Answer, gatewayRefusal, jsonAnswer, mediaType, type Received } from "./exchange.ts";
import type { Faults } from "./faults.ts";
import { parseJson } from "./json.ts";
import type { Recorder } from "./recorder.ts";
import type { TokenBook } from "./tokens.ts";

export interface ControlOptions {
  readonly recorder: Recorder;
  readonly faults: Faults;
  readonly tokens: TokenBook;
  /** The counters of `GET /simulator/state`. */
  readonly state: () => Readonly<Record<string, number>>;
}

/** The answer, or undefined when the path is not one of the controls. */
export function answerControl(received: Received, options: ControlOptions): Answer | undefined {
  if (!received.url.pathname.startsWith("/simulator/")) return undefined;
  const { recorder, faults, tokens, state } = options;
  switch (`${received.method} ${received.url.pathname}`) {
    case "GET /simulator/requests":
      return jsonAnswer(200, recorder.list());
    case "DELETE /simulator/requests":
      recorder.clear();
      return jsonAnswer(200, {});
    case "GET /simulator/state":
      return jsonAnswer(200, state());
    case "POST /simulator/faults":
      return applyFaults(received, faults, tokens);
    default:
      return gatewayRefusal("There is no such control. See the guide of the offline backend.", 404);
  }
}

function applyFaults(received: Received, faults: Faults, tokens: TokenBook): Answer {
  // A page of another site can send a form here without asking, but not JSON.
  if (mediaType(received.headers["content-type"]) !== "application/json") {
    return gatewayRefusal("The body must be sent as `application/json`.", 415);
  }
  const applied = faults.apply(parseJson(received.body));
  if ("problem" in applied) return gatewayRefusal(applied.problem);
  if (applied.accessTokens !== undefined) {
    tokens.spoilAll(applied.accessTokens === "expire" ? "expired" : "revoked");
  }
  return jsonAnswer(200, faults.state);
}
