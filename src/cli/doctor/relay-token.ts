/** The token that clients send: is there one, from where, and is it fit to be a secret? */
import { relayTokenProblem, relayTokens } from "../../relay-token.ts";
import { isLoopbackName } from "../../server/addresses.ts";
import type { Check } from "./check.ts";

export const relayToken: Check = {
  name: "relay_token",
  needs: [],
  async run({ loaded, runtime }) {
    const { security, server } = loaded.config;
    if (security.requireBearerAuth && !isLoopbackName(server.host) && !server.allowNetwork) {
      return {
        status: "fail",
        detail: `Other machines can reach \`${server.host}\`; \`airelays serve\` refuses it unless it is allowed.`,
        next: "Serve on 127.0.0.1, or set `server.allow_network = true`",
      };
    }
    if (!security.requireBearerAuth) {
      return isLoopbackName(server.host)
        ? {
            status: "warn",
            detail: "Open mode: every program on this machine can use your plan.",
            next: "Set `security.require_bearer_auth = true`, then: airelays init",
          }
        : {
            status: "fail",
            detail: `Open mode on \`${server.host}\` would let others use your plan; \`airelays serve\` refuses it.`,
            next: "Serve on 127.0.0.1, or with the relay token",
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
