/** How a client is pointed at the relay: the `client` object of several commands, and its section. */
import type { RelayToken } from "../access/tokens.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { RunningRelay } from "../run-files.ts";
import { clientBaseUrl } from "../settings-summary.ts";
import type { Field } from "./render.ts";
import type { Repeat } from "./same-settings.ts";

/** The token in clear, for the commands that reveal it; undefined for the others. */
type Revealed = string | undefined;

/** The relay that runs, where one does: it may listen elsewhere than is configured. */
type Running = Pick<RunningRelay, "url"> | undefined;

function baseUrlOf({ config }: LoadedConfig, running: Running): string {
  return running === undefined ? clientBaseUrl(config.server) : `${running.url}/v1`;
}

export function clientSetup(
  loaded: LoadedConfig,
  running: Running,
  revealed: Revealed,
  repeat: Repeat,
): JsonObject {
  const { config } = loaded;
  const baseUrl = baseUrlOf(loaded, running);
  const { requireBearerAuth, bearerTokenFile } = config.security;
  const base = {
    base_url: baseUrl,
    models_url: `${baseUrl}/models`,
    requires_bearer_auth: requireBearerAuth,
  };
  if (!requireBearerAuth) {
    return { ...base, api_key_note: "Open mode: any API key is accepted, and none is needed." };
  }
  return {
    ...base,
    authorization_header: "Authorization: Bearer <relay token>",
    token_file: bearerTokenFile,
    reveal_token_command: repeat("airelays token show"),
    rotate_token_command: repeat("airelays token rotate"),
    ...(revealed === undefined
      ? {}
      : {
          client_api_key: revealed,
          relay_token: revealed,
          openai_api_key_env: `OPENAI_API_KEY=${revealed}`,
        }),
  };
}

export function clientSetupFields(
  loaded: LoadedConfig,
  running: Running,
  revealed: Revealed,
  repeat: Repeat,
): Field[] {
  const { config } = loaded;
  const baseUrl = baseUrlOf(loaded, running);
  const { requireBearerAuth, bearerTokenFile } = config.security;
  const isFreePort = config.server.port === 0 && running === undefined;
  const base: Field[] = [
    // Known once the relay runs, which tells it.
    { label: "Base URL", value: isFreePort ? "told by `airelays serve`" : baseUrl },
    ...(isFreePort ? [] : [{ label: "Models URL", value: `${baseUrl}/models` }]),
    { label: "Bearer auth", value: requireBearerAuth ? "required" : "disabled" },
  ];
  if (!requireBearerAuth) {
    return [
      ...base,
      { label: "Access mode", value: "open to every program on this machine", tone: "warn" },
      { label: "Client key", value: "any; SDKs that insist on one may send a placeholder" },
    ];
  }
  return [
    ...base,
    { label: "Token file", value: bearerTokenFile },
    ...(revealed === undefined
      ? [{ label: "Reveal token", value: repeat("airelays token show"), isWhole: true }]
      : [
          { label: "Relay token", value: revealed },
          ...(isFreePort
            ? []
            : [{ label: "Export URL", value: `export OPENAI_BASE_URL=${baseUrl}`, isWhole: true }]),
          { label: "Export key", value: `export OPENAI_API_KEY=${revealed}`, isWhole: true },
        ]),
    { label: "Rotate token", value: repeat("airelays token rotate"), isWhole: true },
  ];
}

/** The fields of a token that every `--json` repeats; `relay_token` is null unless revealed. */
export function tokenFields(token: RelayToken, file: string, revealed: Revealed): JsonObject {
  return {
    bearer_token_file: file,
    bearer_token_source: token.source ?? null,
    client_api_key: revealed ?? null,
    relay_token: revealed ?? null,
  };
}

/** The command that starts this relay as configured. */
export function serveCommand({ config, origins }: LoadedConfig): string {
  const { host, port } = config.server;
  const open =
    !config.security.requireBearerAuth && origins["security.require_bearer_auth"] !== "file";
  return `airelays serve --host ${host} --port ${port}${open ? " --no-auth" : ""}`;
}
