/** Cursor, whose own servers call the model: what it would take, and why most should not. */
import type { Tool } from "../tool.ts";
import { inHome } from "../tool-paths.ts";

export const cursor: Tool = {
  name: "cursor",
  title: "Cursor",
  api: "chat",
  programs: ["cursor", "cursor-agent"],
  places: (machine) => [
    inHome(machine, ".cursor"),
    ...(machine.platform === "darwin" ? ["/Applications/Cursor.app"] : []),
  ],
  steps: ({ model, needsToken }) => [
    "Cursor cannot use a relay at 127.0.0.1: its servers call the address, not your machine. Go on only with a public https address that leads to the relay.",
    "In Cursor Settings, Models, API Keys: switch on `Override OpenAI Base URL` and enter that address, with `/v1` at its end.",
    needsToken
      ? "OpenAI API Key: the relay token, which `airelays token show` prints."
      : "A relay in open mode must not be reachable from elsewhere: set a token first.",
    `Add a custom model with the name \`${model.id}\`, and choose it.`,
  ],
  notes: ({ url }) => [
    "A public address lets everybody who has it and the token use your account, and every prompt passes through Cursor's servers. A tool that calls the relay from your machine needs neither.",
    `In Cursor's terminal, \`airelays run claude\` and the like work with ${url} as anywhere else.`,
    "The tunnel's name has to be in `security.allowed_hosts`.",
    "Cursor keeps names that it knows, such as `gpt-4o`, for its own service; effort is chosen by the name of the model (`gpt-5.5-high`).",
  ],
  guide: "reach.md",
};
