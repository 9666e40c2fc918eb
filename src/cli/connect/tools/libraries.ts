/** LangChain and the AI SDK: libraries of your own programs, which read the variables. */
import type { Tool } from "../tool.ts";

export const langchain: Tool = {
  name: "langchain",
  title: "LangChain",
  api: "responses",
  programs: [],
  steps: () => [
    "Start your program with `airelays run -- node app.mjs`, which sets the variables.",
  ],
  sample: ({ model }) => ({ language: "js", text: langchainSample(model.id) }),
  notes: () => [
    'In Python: `ChatOpenAI(model=…, base_url=os.environ["OPENAI_BASE_URL"], use_responses_api=True)`.',
    "`useResponsesApi` keeps reasoning between tool calls. Without it chat completions are used, which works too.",
    "`temperature` has no effect, and each answer says so in a header. Embeddings are not there.",
    "A stream that breaks off ends without an error in some versions: look at `response_metadata`.",
  ],
  tried: "`@langchain/openai` 1.5.8",
  guide: "sdk.md",
};

export const aiSdk: Tool = {
  name: "ai-sdk",
  title: "AI SDK",
  api: "responses",
  programs: [],
  steps: () => [
    "Start your program with `airelays run -- node app.mjs`, which sets the variables.",
  ],
  sample: ({ model }) => ({ language: "js", text: aiSdkSample(model.id) }),
  notes: () => [
    "`relay.chat(…)` uses chat completions; `relay.responses(…)` keeps reasoning between tool calls.",
    "`@ai-sdk/openai-compatible` and `@ai-sdk/anthropic` work too; the base URL has `/v1` for all three.",
  ],
  tried: "`ai` 6.0.326 with `@ai-sdk/openai` 3.0.139",
  guide: "sdk.md",
};

const langchainSample = (model: string): string =>
  [
    'import { ChatOpenAI } from "@langchain/openai";',
    "",
    "const model = new ChatOpenAI({",
    `  model: "${model}",`,
    "  useResponsesApi: true,",
    "  configuration: { baseURL: process.env.OPENAI_BASE_URL },",
    "});",
    'const answer = await model.invoke("Say hello.");',
    "console.log(answer.text);",
  ].join("\n");

const aiSdkSample = (model: string): string =>
  [
    'import { createOpenAI } from "@ai-sdk/openai";',
    'import { generateText } from "ai";',
    "",
    "const relay = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL });",
    "const { text } = await generateText({",
    `  model: relay.responses("${model}"),`,
    '  prompt: "Say hello.",',
    "});",
    "console.log(text);",
  ].join("\n");
