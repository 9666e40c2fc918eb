/** The plan itself: its models, and on request one small answer that spends a little of it. */
import { toRelayError } from "../../errors.ts";
import { isFailure, isOutput, isSuccess } from "../../protocol/frame.ts";
import { createScope } from "../../scope.ts";
import { connectUpstream, type UpstreamConnection } from "../../upstream-connection.ts";
import type { Check, Finding, Patient } from "./check.ts";
import { toFinding } from "./check.ts";

const cataloguePatienceMs = 30_000;
const answerPatienceMs = 60_000;

export const models: Check = {
  name: "models",
  needs: ["login", "tls"],
  run: (patient) =>
    withUpstream(patient, async ({ upstream }) => {
      const found = await upstream.models(AbortSignal.timeout(cataloguePatienceMs));
      patient.learned.models = found;
      const [first] = found;
      if (first === undefined) {
        const detail = "The sign-in is accepted, and the plan offers no model.";
        return { status: "fail", detail, next: "Check the plan of your ChatGPT account" };
      }
      return { status: "ok", detail: `${found.length} of the plan; the first is ${first.id}.` };
    }),
};

export const answer: Check = {
  name: "answer",
  needs: ["models"],
  async run(patient) {
    if (!patient.isLive) {
      const detail = "Not asked for: it spends a little of the plan.";
      return { status: "skipped", detail, next: "airelays doctor --live" };
    }
    return withUpstream(patient, (connection) => askForAWord(connection, patient));
  },
};

async function askForAWord(
  { upstream }: UpstreamConnection,
  { runtime, learned }: Patient,
): Promise<Finding> {
  const model = learned.models[0]?.id ?? "";
  const { clock, ids } = runtime;
  const scope = createScope({
    id: ids.next(),
    clock,
    ids,
    transit: { record: () => undefined, discard: () => undefined },
    client: { token: undefined, session: undefined },
  });
  const patience = setTimeout(() => scope.abort(tooLong()), answerPatienceMs);
  try {
    const content = [{ type: "input_text", text: "Answer with one word: ready" }];
    const stream = await upstream.open(
      {
        model,
        instructions: "Answer with one word.",
        input: [{ type: "message", role: "user", content }],
      },
      scope,
    );
    let firstMs: number | undefined;
    let isWhole = false;
    const failures = [];
    for await (const batch of stream.batches) {
      for (const frame of batch) {
        if (isFailure(frame.type)) failures.push(frame);
        if (isOutput(frame.type)) firstMs ??= clock.now() - scope.acceptedAt;
        if (isSuccess(frame.type)) isWhole = true;
      }
    }
    if (failures.length > 0) throw stream.explain(failures);
    if (!isWhole || firstMs === undefined) return cut(model);
    const totalMs = clock.now() - scope.acceptedAt;
    const detail = `${model} answered: first output after ${duration(firstMs)}, all of it after ${duration(totalMs)}.`;
    return { status: "ok", detail };
  } catch (error) {
    if (!scope.signal.aborted) throw error;
    return { status: "fail", detail: `${tooLong().message}.`, next: "Try again later" };
  } finally {
    clearTimeout(patience);
    scope.close();
  }
}

function cut(model: string): Finding {
  const detail = `${model} began to answer, and the stream ended before the answer was whole.`;
  return { status: "fail", detail, next: "Try again; if it stays, look at the network in between" };
}

function tooLong(): Error {
  return new DOMException(`No whole answer within ${answerPatienceMs / 1000} s`, "TimeoutError");
}

/** The relay's own way to the upstream. The connection is closed afterwards; an error becomes a finding with the step that it names. */
export async function withUpstream(
  { loaded, runtime, signIn }: Patient,
  work: (connection: UpstreamConnection) => Promise<Finding>,
): Promise<Finding> {
  const connection = connectUpstream(loaded.config, runtime, signIn.session);
  try {
    return await work(connection);
  } catch (error) {
    const { code, details } = toRelayError(error);
    const next = details.hint ?? remedies[code];
    return { ...toFinding(error), next };
  } finally {
    await connection.close();
  }
}

const remedies: Readonly<Partial<Record<string, string>>> = {
  usage_limit_reached: "Wait until the plan's window opens again",
  upstream_blocked_by_cloudflare: "Try another network, or without a VPN",
  upstream_timeout: "Try again; the upstream may be overloaded",
  upstream_overloaded: "Try again later",
  upstream_rate_limited: "Try again later",
  upstream_error: "Try again later",
  upstream_failed: "Try again later",
};

function duration(ms: number): string {
  return ms < 1_000 ? `${Math.max(0, ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
