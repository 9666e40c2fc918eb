/** What a tool that can use the relay is, as data: where its settings are and what goes into them. */
import type { Machine } from "../../config/paths.ts";
import type { Edit } from "./edits.ts";
import type { TextFormat } from "./formats/format.ts";

export interface ModelFacts {
  readonly id: string;
  readonly contextWindow: number | undefined;
}

/** What a tool has to be told of the relay. */
export interface RelayFacts {
  /** `http://127.0.0.1:8080`, without a path. */
  readonly url: string;
  /** The same with `/v1`. */
  readonly baseUrl: string;
  /** The model that the settings name. */
  readonly model: ModelFacts;
  /** Every model that is known; the one above is among them. */
  readonly models: readonly ModelFacts[];
  /** What clients send as their key; in open mode anything. */
  readonly token: string;
  readonly needsToken: boolean;
  /** Where programs can read the token themselves; undefined when it is in no file, or none is needed. */
  readonly tokenFile: string | undefined;
}

/** The API of the relay that a tool speaks. */
export type Api = "responses" | "chat" | "messages" | "ollama";

/** The one file of a tool that holds its settings. */
export interface ToolFile {
  readonly format: TextFormat;
  path(machine: Machine): string;
  /** Files that hold the same settings, looked for first: `opencode.jsonc`. */
  alternatives?(machine: Machine): readonly string[];
  edits(facts: RelayFacts, machine: Machine): readonly Edit[];
}

export interface Sample {
  readonly language: string;
  readonly text: string;
}

export interface Tool {
  /** As it is named on the command line: `claude-code`. */
  readonly name: string;
  readonly title: string;
  readonly api: Api;
  /** Commands by which it is found on this machine. */
  readonly programs: readonly string[];
  /** Folders and files by which it is found. */
  places?(machine: Machine): readonly string[];
  readonly file?: ToolFile;
  /** What a person does, in this order, besides the file. */
  steps(facts: RelayFacts): readonly string[];
  sample?(facts: RelayFacts): Sample;
  /** What is good to know; the first words are never a warning that a step depends on. */
  notes(facts: RelayFacts): readonly string[];
  /** What the settings were tried with; undefined for what was not tried. */
  readonly tried?: string;
  /** A longer guide, by its file name in docs/guides. */
  readonly guide?: string;
}
