/** `airelays token show` and `token rotate`. */
import { relayTokens } from "../../relay-token.ts";
import { clientSetup, clientSetupFields, tokenFields } from "../client-setup.ts";
import { has, loadFor, note, type Run } from "../context.ts";
import { relayAddress } from "../relay-address.ts";
import { formatJson, formatSection, formatSteps, formatTitle } from "../render.ts";

export const tokenShow: Run = async (context) => {
  const { args, io, runtime, repeat } = context;
  const loaded = await loadFor(context);
  const token = await relayTokens(loaded, runtime).current();
  const { running } = await relayAddress(loaded);
  const { requireBearerAuth, bearerTokenFile } = loaded.config.security;
  const isMissing = token.token === undefined;
  const steps = isMissing && requireBearerAuth ? [repeat("airelays init")] : [];
  if (has(args, "json")) {
    io.stdout(
      formatJson({
        bearer_token_present: !isMissing,
        ...tokenFields(token, bearerTokenFile, token.token),
        client: clientSetup(loaded, running, token.token, repeat),
        next_steps: steps,
      }),
    );
    return;
  }
  const colors = io.stdoutColors;
  io.stdout(
    formatTitle(isMissing ? "There is no relay token yet" : "Relay token", colors) +
      formatSection(
        "Client setup",
        clientSetupFields(loaded, running, token.token, repeat),
        colors,
        io.stdoutTerminal?.columns,
      ) +
      formatSteps(steps, colors),
  );
};

export const tokenRotate: Run = async (context) => {
  const { args, io, runtime, repeat } = context;
  const loaded = await loadFor(context);
  const tokens = relayTokens(loaded, runtime);
  const fresh = await tokens.rotate();
  const { source } = await tokens.current();
  const { running } = await relayAddress(loaded);
  const { bearerTokenFile } = loaded.config.security;
  if (source === "env") {
    note(io, "`AIRELAYS_BEARER_TOKEN` is set and still wins over the new token in the file.");
  }
  if (has(args, "json")) {
    io.stdout(
      formatJson({
        bearer_token_file: bearerTokenFile,
        bearer_token_source: source ?? null,
        client_api_key: fresh,
        relay_token: fresh,
        client: clientSetup(loaded, running, fresh, repeat),
      }),
    );
    return;
  }
  const colors = io.stdoutColors;
  io.stdout(
    formatTitle("The relay token was replaced", colors) +
      formatSection(
        "Client setup",
        clientSetupFields(loaded, running, fresh, repeat),
        colors,
        io.stdoutTerminal?.columns,
      ) +
      (source === "env" ? "" : "\nThe old token is refused from now on, by a running relay too.\n"),
  );
};
