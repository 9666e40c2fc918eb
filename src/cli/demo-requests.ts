/** The two requests that `airelays demo` makes as a client would, shown as they stream in. */
import { RelayError } from "../errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../protocol/json.ts";
import type { CliIO } from "./io.ts";
import { printable } from "./render.ts";

const model = "gpt-5.5";

/** One streamed request through `/v1/chat/completions`. */
export async function showChat(io: CliIO, baseUrl: string, token: string): Promise<void> {
  const body = {
    model,
    stream: true,
    messages: [{ role: "user", content: "Hello from chat completions." }],
  };
  await show(io, `${baseUrl}/chat/completions`, token, body, (event) => {
    const [choice] = Array.isArray(event["choices"]) ? event["choices"] : [];
    const delta: unknown = isJsonObject(choice) ? choice["delta"] : undefined;
    return isJsonObject(delta) && typeof delta["content"] === "string" ? delta["content"] : "";
  });
}

/** One streamed request through `/v1/responses`. */
export async function showResponses(io: CliIO, baseUrl: string, token: string): Promise<void> {
  const body = { model, stream: true, input: "Hello from responses." };
  await show(io, `${baseUrl}/responses`, token, body, (event) =>
    event["type"] === "response.output_text.delta" && typeof event["delta"] === "string"
      ? event["delta"]
      : "",
  );
}

async function show(
  io: CliIO,
  url: string,
  token: string,
  body: JsonObject,
  textOf: (event: JsonObject) => string,
): Promise<void> {
  io.stderr(`\n${io.stderrColors.bold(`POST ${url}`)}\n  `);
  const answer = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok || answer.body === null) {
    throw new RelayError("internal_error", `The relay answered ${answer.status}.`);
  }
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of answer.body) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = line.startsWith("data: ") ? parseJson(line.slice(6)) : undefined;
      if (isJsonObject(event)) io.stderr(printable(textOf(event)));
    }
  }
  io.stderr("\n");
}
