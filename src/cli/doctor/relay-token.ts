/** The token that clients send: is there one, from where, and is it long enough to be a secret? */
import { relayTokens } from "../../relay-token.ts";
import { isLoopbackName } from "../../server/addresses.ts";
import type { Check } from "./check.ts";

/** Characters. Ours have 43; whoever sets one by hand may be tempted to type a word. */
const shortest = 16;

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
    if (token.length < shortest) {
      return {
        status: "warn",
        detail: `The token from ${from} has ${token.length} characters, and can be guessed.`,
        next:
          source === "env"
            ? `Use ${shortest} characters or more, or unset the variable and run: airelays token rotate`
            : "airelays token rotate",
      };
    }
    return { status: "ok", detail: `From ${from}.` };
  },
};
