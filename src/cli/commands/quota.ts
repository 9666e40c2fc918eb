/** `airelays quota`: is enough of the plan left? The exit code answers: 0 yes, 3 no, anything else not known. */
import { RelayError } from "../../errors.ts";
import { createSignIn } from "../../sign-in.ts";
import { bindingWindow, type PlanWindow } from "../../upstreams/chatgpt/plan-windows.ts";
import { type Args, has, loadFor, note, type Run } from "../context.ts";
import { askPlan, leftOf, type Plan, toQuotaJson } from "../plan.ts";
import { describeWindow } from "../plan-text.ts";
import { formatJson, printable } from "../render.ts";

const limitMs = 30_000;
const notEnough = 3;

export const quota: Run = async (context) => {
  const { args, io, runtime } = context;
  const need = neededOf(args);
  const loaded = await loadFor(context);
  const signIn = createSignIn(loaded.config, runtime, (text) => note(io, text));
  const plan = await askPlan(loaded, runtime, signIn, limitMs);
  const asked = String(args["window"] ?? "all");
  const window = windowOf(plan, asked);
  const left = plan.isSpent || window === undefined ? 0 : leftOf(window);
  const enough = left >= need;
  if (has(args, "json")) {
    const answer = { enough, need_percent: need, window: asked, remaining_percent: left };
    io.stdout(formatJson({ ...answer, ...toQuotaJson(plan) }));
  } else {
    const now = runtime.clock.now();
    const told = window === undefined ? "the plan is spent" : describeWindow(window, { now });
    const spent = plan.isSpent && window !== undefined && leftOf(window) > 0;
    const why = spent ? `${told}, but requests are refused for now` : told;
    const wanted = enough || need <= 1 ? "" : ` (${need} % are needed)`;
    io.stdout(`${enough ? "yes" : "no"}: ${printable(why)}${wanted}\n`);
  }
  return enough ? 0 : notEnough;
};

function neededOf(args: Args): number {
  const given = args["need"] ?? "1";
  const need = /^\d+(\.\d+)?\s*%?$/.test(String(given)) ? Number.parseFloat(String(given)) : -1;
  if (need >= 0 && need <= 100) return need;
  throw new RelayError("usage", "`--need` must be a number of percent, from 0 to 100", {
    hint: "airelays quota --need 20",
  });
}

/** The window that decides; undefined when the upstream only says that the plan is spent. */
function windowOf({ windows }: Plan, asked: string): PlanWindow | undefined {
  if (asked === "all") return bindingWindow(windows);
  const own = windows.filter(({ of }) => of === undefined);
  const window = own.find(({ name }) => name === asked);
  if (window !== undefined) return window;
  const names = own.map(({ name }) => `\`${name}\``).join(", ");
  throw new RelayError("not_found", `The plan has no window \`${asked}\`; it has ${names}.`, {
    hint: "airelays quota --window all",
  });
}
