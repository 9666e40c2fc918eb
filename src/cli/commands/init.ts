/** `airelays init`: the config file and the relay token, each made only when it is not there. */
import { renderConfigToml, setConfigValue } from "../../config/write.ts";
import { relayTokens } from "../../relay-token.ts";
import { readTextIfPresent, writePrivateFile } from "../../storage/atomic-file.ts";
import { clientSetup, clientSetupFields, serveCommand, tokenFields } from "../client-setup.ts";
import { has, loadFor, type Run } from "../context.ts";
import { relayAddress } from "../relay-address.ts";
import { formatJson, formatSection, formatSteps, formatTitle } from "../render.ts";

export const init: Run = async (context) => {
  const { args, io, runtime, repeat } = context;
  const loaded = await loadFor(context, { allowMissing: true });
  const { config, path } = loaded;

  const written = await writeConfig(has(args, "force"), has(args, "no-auth"), loaded);
  const tokens = relayTokens(loaded, runtime);
  const { requireBearerAuth, bearerTokenFile } = config.security;
  const { created } = requireBearerAuth ? await tokens.ensure() : { created: false };
  const token = await tokens.current();
  const revealed = created || has(args, "show-token") ? token.token : undefined;
  const { running } = await relayAddress(loaded);
  const steps = ["airelays login", serveCommand({ ...loaded, origins: {} })].map((step) =>
    // The config file says so now; the command need not.
    repeat(step.replace(" --no-auth", "")),
  );

  if (has(args, "json")) {
    io.stdout(
      formatJson({
        app_name: "AIRelays",
        config_path: path,
        config_created: written === "created",
        bearer_token_created: created,
        ...tokenFields(token, bearerTokenFile, revealed),
        client: clientSetup(loaded, running, revealed, repeat),
        next_steps: steps,
      }),
    );
    return;
  }
  const colors = io.stdoutColors;
  const tokenState = !requireBearerAuth ? "disabled" : created ? "created" : "existing";
  io.stdout(
    formatTitle("AIRelays init", colors) +
      formatSection(
        "Relay",
        [
          { label: "Config file", value: `${path} (${written})` },
          { label: "Relay token", value: tokenState, tone: requireBearerAuth ? "good" : "warn" },
          { label: "Transit log", value: `${config.paths.logsDir} (${config.logging.content})` },
        ],
        colors,
        io.stdoutTerminal?.columns,
      ) +
      formatSection(
        "Client setup",
        clientSetupFields(loaded, running, revealed, repeat),
        colors,
        io.stdoutTerminal?.columns,
      ) +
      formatSteps(steps, colors),
  );
};

type Written = "created" | "replaced" | "changed" | "existing";

/** `--no-auth` on a file that exists changes that one line: it must not claim what the file denies. */
export async function writeConfig(
  force: boolean,
  noAuth: boolean,
  { config, path }: Pick<Awaited<ReturnType<typeof loadFor>>, "config" | "path">,
): Promise<Written> {
  const present = await readTextIfPresent(path);
  if (present === undefined || force) {
    const open = { requireBearerAuth: false, autoGenerateBearerToken: false };
    const security = noAuth ? { ...config.security, ...open } : config.security;
    await writePrivateFile(path, renderConfigToml({ ...config, security }));
    return present === undefined ? "created" : "replaced";
  }
  if (!noAuth) return "existing";
  const changed = setConfigValue(present, "security.require_bearer_auth", false);
  if (changed === present) return "existing";
  await writePrivateFile(path, changed);
  return "changed";
}
