/** The section `upstream` of the table: who answers, who signs in, and how they are reached. */
import { integer, number, oneOf, string, url } from "./setting.ts";

const day = 86_400;

export const upstream = {
  baseUrl: url(
    "UPSTREAM_BASE_URL",
    "https://chatgpt.com/backend-api/codex",
    "The ChatGPT backend that answers.",
    { legacy: true },
  ),
  issuerBaseUrl: url(
    "ISSUER_BASE_URL",
    "https://auth.openai.com",
    "The server that signs you in.",
    { legacy: true },
  ),
  transport: oneOf(
    "UPSTREAM_TRANSPORT",
    "http",
    ["auto", "http", "websocket"],
    "What carries requests to the upstream. `websocket` keeps a connection for each conversation and sends only what is new in it; `auto` tries that, and takes HTTP where it does not work.",
  ),
  clientId: string(
    "CLIENT_ID",
    "app_EMoamEEZ73f0CkXaXp7hrann",
    "The OAuth client identifier used at sign-in.",
    { legacy: true },
  ),
  clientVersion: string(
    "CLIENT_VERSION",
    "0.169.0",
    "The protocol level that the model catalogue is asked for.",
    { legacy: true },
  ),
  originator: string(
    "ORIGINATOR",
    "airelays",
    "The name under which this program presents itself to the upstream.",
  ),
  connectTimeoutSeconds: number(
    "CONNECT_TIMEOUT_SECONDS",
    15,
    "How long a connection to the upstream may take.",
    { unit: "seconds", min: 0.1, max: 600 },
  ),
  // The ancestor's 120 cut models that think for minutes before their first word.
  requestTimeoutSeconds: number(
    "REQUEST_TIMEOUT_SECONDS",
    300,
    "The limit of silence: the longest wait between two reads from the upstream, not the length of an answer. The former default of 120 broke long thinking.",
    { legacy: true, unit: "seconds", min: 0.1, max: day },
  ),
  retryAttempts: integer(
    "RETRY_ATTEMPTS",
    2,
    "Further attempts after a passing upstream failure, as long as nothing was sent to the client; `0` makes none.",
    { unit: "attempts", min: 0, max: 10 },
  ),
  modelsCacheTtlSeconds: number(
    "MODELS_CACHE_TTL_SECONDS",
    300,
    "How long the model catalogue is kept before it is asked for again.",
    { envAliases: ["OPENAI_MODELS_CACHE_TTL_SECONDS"], unit: "seconds", min: 0, max: day },
  ),
};
