/**
 * What the servers say to a request without a login: is it them, or Cloudflare in front of them, and
 * does their clock agree with ours?
 */
import { fromHttpFailure } from "../../upstreams/chatgpt/errors.ts";
import { createHttpClient } from "../../upstreams/http.ts";
import { formatSeconds } from "../render.ts";
import type { Check, Finding, Patient } from "./check.ts";
import { proxyOf, type Server } from "./servers.ts";

const bodyLimit = 64 * 1024;
/** Tokens end, and sign-ins are dated; minutes matter there, seconds do not. */
const toleratedMs = 5 * 60_000;

export const cloudflare: Check = {
  name: "cloudflare",
  needs: ["tls"],
  async run(patient) {
    const answered: string[] = [];
    let worst: Finding | undefined;
    for (const server of patient.servers) {
      const { status, blocked, isPage } = await ask(server, patient);
      if (blocked !== undefined && worst?.status !== "fail") worst = challenge(server, blocked);
      if (blocked === undefined && isPage && server.isUpstream)
        worst ??= somebodyElse(server, status);
      answered.push(`${server.host} answered ${status}`);
    }
    return worst ?? { status: "ok", detail: `Not in the way: ${answered.join(", ")}.` };
  },
};

/** The login server is needed when the login is renewed; the upstream for every answer. */
function challenge({ host, isUpstream }: Server, message: string): Finding {
  return {
    status: isUpstream ? "fail" : "warn",
    detail: `\`${host}\`: ${message.replace(/ Try another network.*$/, "")}`,
    next: "Try another network, or without a VPN",
  };
}

/** The upstream has no pages: a hotel's portal has, and the filter of a network. */
function somebodyElse({ host }: Server, status: number): Finding {
  return {
    status: "warn",
    detail: `\`${host}\`: a web page (${status}) came in place of the upstream's answer.`,
    next: "Open any page in a browser: a portal or filter of the network may be in between",
  };
}

interface Said {
  readonly status: number;
  /** What Cloudflare's challenge means, in words. */
  readonly blocked: string | undefined;
  readonly isPage: boolean;
}

async function ask(server: Server, { runtime, loaded, stepMs, learned }: Patient): Promise<Said> {
  const limits = { connectTimeoutMs: stepMs, silenceTimeoutMs: stepMs };
  const http = await createHttpClient(limits, proxyOf(server, runtime));
  try {
    const answer = await http.send({
      method: "GET",
      url: server.url,
      headers: {
        accept: "application/json",
        originator: loaded.config.upstream.originator,
        "user-agent": runtime.userAgent,
      },
      signal: AbortSignal.timeout(2 * stepMs),
    });
    const body = await answer.wholeText(bodyLimit);
    const theirs = Date.parse(answer.header("date") ?? "");
    if (!Number.isNaN(theirs)) learned.aheadMs.set(server.host, runtime.clock.now() - theirs);
    const error = fromHttpFailure({
      status: answer.status,
      body,
      header: (name) => answer.header(name),
    });
    const isBlocked = error.code === "upstream_blocked_by_cloudflare";
    return {
      status: answer.status,
      blocked: isBlocked ? error.message : undefined,
      isPage: answer.header("content-type")?.startsWith("text/html") ?? false,
    };
  } finally {
    await http.close();
  }
}

export const clock: Check = {
  name: "clock",
  needs: ["tls"],
  run: async ({ learned }) => clockFinding(learned.aheadMs),
};

/** By how much this machine's clock is off, against the servers that told the time. */
export function clockFinding(aheadMs: ReadonlyMap<string, number>): Finding {
  const [first] = [...aheadMs].sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  if (first === undefined) return { status: "skipped", detail: "No server told the time." };
  const [host, ahead] = first;
  // The servers tell whole seconds.
  const amount = formatSeconds(Math.ceil(Math.abs(ahead) / 1000));
  if (Math.abs(ahead) <= toleratedMs) {
    return { status: "ok", detail: `Within ${amount} of ${host}.` };
  }
  return {
    status: "warn",
    detail: `This machine's clock is ${amount} ${ahead > 0 ? "ahead of" : "behind"} ${host}.`,
    next: "Set the clock, and let the system keep it set (NTP)",
  };
}
