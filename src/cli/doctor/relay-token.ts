/** The token that clients send: is there one, from where, and is it fit to be a secret? */
import { relayTokenProblem, relayTokens } from "../../relay-token.ts";
import { checkReach } from "../network-reach.ts";
import type { Check } from "./check.ts";

export const relayToken: Check = {
  name: "relay_token",
  needs: [],
  async run({ loaded, runtime }) {
    const { security } = loaded.config;
    // What `serve` would refuse.
    checkReach(loaded.config);
    if (!security.requireBearerAuth) {
      return {
        status: "warn",
        detail: "Open mode: every program on this machine can use your plan.",
        next: "Set `security.require_bearer_auth = true`, then: airelays init",
      };
    }
    const { token, source } = await relayTokens(loaded, runtime).current();
    if (token === undefined) {
      return security.autoGenerateBearerToken
        ? { status: "ok", detail: "None yet; `airelays serve` makes one." }
        : { status: "fail", detail: "There is no relay token yet.", next: "airelays init" };
    }
    const from =
      source === "env"
        ? `the ${loaded.origins["security.bearer_token"]}`
        : `\`${security.bearerTokenFile}\``;
    const problem = await relayTokenProblem(loaded, runtime);
    if (problem !== undefined) {
      return {
        status: "fail",
        detail: problem,
        next: source === "env" ? "Unset the variable, then: airelays init" : remedyOf(problem),
      };
    }
    return { status: "ok", detail: `From ${from}.` };
  },
};

/** The message ends in what to do; a weak token in a file is replaced. */
function remedyOf(problem: string): string {
  return problem.includes("token rotate") ? "airelays token rotate" : "Do what is said above";
}
