/**
 * Every setting of the relay, in one table: the loader, the writer of `config.toml` and the pages of
 * the manual all read it. Knows neither where values come from nor what they are used for.
 */

import { logging } from "./logging-settings.ts";
import { security } from "./security-settings.ts";
import {
  address,
  boolean,
  integer,
  names,
  number,
  oneOf,
  path,
  type Setting,
  string,
} from "./setting.ts";
import { upstream } from "./upstream-settings.ts";

const day = 86_400;

/** The table, by section. A key in camelCase here is the same key in snake_case in `config.toml`. */
export const schema = {
  server: {
    host: string(
      "HOST",
      "127.0.0.1",
      "The address to listen on; `127.0.0.1` and `localhost` mean both loopback addresses. One that other machines can reach needs `server.allow_network`.",
      {
        legacy: true,
        flag: "host",
      },
    ),
    port: integer("PORT", 8080, "The port to listen on; `0` takes a free one.", {
      legacy: true,
      flag: "port",
      min: 0,
      max: 65_535,
    }),
    allowNetwork: boolean(
      "ALLOW_NETWORK",
      false,
      "Let `server.host` be an address that other machines can reach. The relay token is then required, and travels unencrypted.",
      { flag: "allow-network" },
    ),
    // The longest string that V8 can hold; a longer body could not be decoded.
    maxBodyBytes: integer("MAX_BODY_BYTES", 33_554_432, "The largest JSON request body accepted.", {
      unit: "bytes",
      min: 1_024,
      max: 536_870_888,
    }),
    drainSeconds: number(
      "DRAIN_SECONDS",
      10,
      "How long running answers may go on after the relay was asked to stop.",
      { unit: "seconds", min: 0, max: 3_600 },
    ),
    keepaliveSeconds: number(
      "KEEPALIVE_SECONDS",
      15,
      "After this long without an event, or up to a quarter more, a waiting stream gets a comment line, or a `ping` on `/v1/messages`; `0` sends none.",
      { unit: "seconds", min: 0, max: 3_600 },
    ),
  },
  paths: {
    dataDir: path("DATA_DIR", "~/.airelays", "Where the relay keeps its files.", {
      legacy: true,
      flag: "data-dir",
    }),
    logsDir: path("LOGS_DIR", "logs", "Where the transit log is written.", {
      legacy: true,
      flag: "logs-dir",
      inDataDir: true,
    }),
  },
  auth: {
    storage: oneOf(
      "AUTH_STORAGE",
      "auto",
      ["auto", "keyring", "file"],
      "Where the ChatGPT login is kept. `auto` takes the keyring of the system, or a private file where there is none.",
      { legacy: true, flag: "auth-storage" },
    ),
    browserOpen: boolean("BROWSER_OPEN", false, "Open the browser at `airelays login`.", {
      legacy: true,
    }),
    loginTimeoutSeconds: number(
      "LOGIN_TIMEOUT_SECONDS",
      900,
      "How long `airelays login` waits for the sign-in to be finished.",
      { legacy: true, unit: "seconds", min: 1, max: day },
    ),
  },
  upstream,
  security,
  uploads: {
    maxUploadBytes: integer("MAX_UPLOAD_BYTES", 33_554_432, "The largest file accepted.", {
      unit: "bytes",
      min: 1,
      max: 536_870_888,
    }),
    maxTotalUploadBytes: integer(
      "MAX_TOTAL_UPLOAD_BYTES",
      268_435_456,
      "The room for all uploaded files together.",
      { unit: "bytes", min: 1, max: Number.MAX_SAFE_INTEGER },
    ),
  },
  models: {
    aliases: names(
      "MODEL_ALIASES",
      "Names for models, for clients that know only certain ones; a `*` in a name stands for any characters, and a target may end in an effort, such as `gpt-5.5-high`.",
    ),
    default: string(
      "DEFAULT_MODEL",
      "auto",
      "The model that answers on `/v1/messages` for names of another vendor (`claude-…`) without an alias: `auto` takes the first one of the plan's list, `none` refuses them.",
    ),
  },
  chat: {
    reasoning: oneOf(
      "CHAT_REASONING",
      "reasoning_content",
      ["reasoning_content", "think_tags", "none"],
      "Where chat completions show the reasoning summary: in a field of its own, in the text between `<think>` tags, or not at all.",
    ),
  },
  ollama: {
    listen: address(
      "OLLAMA_LISTEN",
      "127.0.0.1:11434",
      "Where to answer besides, for programs that look for Ollama at its own address; `on` means `127.0.0.1:11434`. `/api` is on the main port too.",
      { flag: "ollama" },
    ),
    open: boolean(
      "OLLAMA_OPEN",
      false,
      "Let every program of this machine ask models there without the relay token, as Ollama does. The main port still needs it.",
      { flag: "ollama-open" },
    ),
  },
  state: {
    responses: oneOf(
      "STATE_RESPONSES",
      "memory",
      ["memory", "disk", "off"],
      "Where answers are kept for `previous_response_id`: until the relay stops, in private files, or not at all.",
    ),
    maxResponses: integer("STATE_MAX_RESPONSES", 1_000, "Answers kept; the oldest goes first.", {
      unit: "answers",
      min: 1,
      max: 1_000_000,
    }),
    maxBytes: integer(
      "STATE_MAX_BYTES",
      67_108_864,
      "The room for all kept answers together, each with everything that was said before it.",
      { unit: "bytes", min: 1_024, max: Number.MAX_SAFE_INTEGER },
    ),
    maxAgeHours: number("STATE_MAX_AGE_HOURS", 720, "How long an answer is kept.", {
      unit: "hours",
      min: 0.1,
      max: 87_600,
    }),
  },
  logging,
} as const satisfies Record<string, Record<string, Setting>>;

type Values<Section> = {
  readonly [Key in keyof Section]: Section[Key] extends Setting<infer T> ? T : never;
};

/** The effective settings: `config.server.port`. */
export type Config = { readonly [Name in keyof typeof schema]: Values<(typeof schema)[Name]> };
