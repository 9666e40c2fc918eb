/** The way to the two servers, layer by layer: proxy, name, connection, TLS. Sends no request. */
import { access } from "node:fs/promises";
import { type NetworkFault, networkFaultOf } from "../../network-fault.ts";
import { isExempt, isThisMachine, noProxyOf, proxyVariables } from "../../upstreams/proxy.ts";
import type { Check, Finding, Patient } from "./check.ts";
import { openConnection, openTls, proxyOf, resolveName, type Server } from "./servers.ts";

export const proxy: Check = {
  name: "proxy",
  needs: [],
  async run({ servers, runtime }) {
    const { env } = runtime;
    const isNamed = proxyVariables.some((name) => (env[name] ?? "").trim() !== "");
    if (!isNamed) {
      const all = ["ALL_PROXY", "all_proxy"].find((name) => (env[name] ?? "") !== "");
      if (all === undefined) return { status: "ok", detail: "None is set; calls go directly." };
      return {
        status: "warn",
        detail: `\`${all}\` is set, and not read; calls go directly.`,
        next: "If there has to be a proxy, name it in `HTTPS_PROXY`",
      };
    }
    const ways = servers.map((server) => {
      const via = proxyOf(server, runtime);
      return `${server.host} ${via === undefined ? "directly" : `through ${via.shown} (\`${via.variable}\`)`}`;
    });
    const detail = `${ways.join(", ")}.`;
    // The relay knows better, but its clients read the same variables.
    const noProxy = noProxyOf(env);
    const isLocalExempt = ["http://127.0.0.1", "http://localhost"].some((url) =>
      isExempt(new URL(url), noProxy),
    );
    if (isLocalExempt) return { status: "ok", detail };
    return {
      status: "warn",
      detail: `${detail} \`NO_PROXY\` does not name this machine, so clients may send the relay's calls to the proxy.`,
      next: "export NO_PROXY=127.0.0.1,localhost",
    };
  },
};

export const dns: Check = {
  name: "dns",
  needs: ["proxy"],
  async run({ servers, runtime, stepMs }) {
    const resolved: string[] = [];
    const names = new Set(servers.map((server) => proxyOf(server, runtime)?.host ?? server.host));
    for (const name of names) {
      try {
        const [first = "", ...others] = await resolveName(name, stepMs);
        if (isNowhere(first) && !isThisMachine(name)) return blockedName(name, first);
        const more = others.length === 0 ? "" : ` and ${others.length} more`;
        resolved.push(first === name ? `${name} needs no look-up` : `${name} is ${first}${more}`);
      } catch (error) {
        const { layer, reason } = networkFaultOf(error);
        const detail = `\`${name}\`: ${layer === "timeout" ? "the look-up took too long" : reason}.`;
        const next = "Check the network connection and its DNS server";
        return { status: "fail", detail, next: `${next}, or name a proxy in \`HTTPS_PROXY\`` };
      }
    }
    return { status: "ok", detail: `${resolved.join(", ")}.` };
  },
};

function isNowhere(address: string): boolean {
  return isThisMachine(address) || address === "0.0.0.0" || address === "::";
}

function blockedName(name: string, address: string): Finding {
  return {
    status: "fail",
    detail: `\`${name}\` leads to ${address}, which is this machine: something blocks the name.`,
    next: "Look for the name in the hosts file and in the DNS filter of the network",
  };
}

export const connection: Check = {
  name: "connect",
  needs: ["dns"],
  async run(patient) {
    return each(patient, patient.servers, "Check firewall and VPN", async (server, way) => {
      const socket = await openConnection(server, proxyOf(server, patient.runtime), patient.stepMs);
      socket.destroy();
      return `${server.host}:${server.port}${way}`;
    });
  },
};

export const tls: Check = {
  name: "tls",
  needs: ["connect"],
  async run(patient) {
    const { env } = patient.runtime;
    const secure = patient.servers.filter(({ isSecure }) => isSecure);
    if (secure.length === 0) {
      return { status: "skipped", detail: "Plain http, to this machine." };
    }
    const extra = env["NODE_EXTRA_CA_CERTS"] ?? "";
    const isLost = extra !== "" && (await access(extra).then(isFalse, isTrue));
    const lost = `\`NODE_EXTRA_CA_CERTS\` names \`${extra}\`, which cannot be read`;
    const remedy = isLost
      ? `Put right the path in \`NODE_EXTRA_CA_CERTS\``
      : "Name the file of your network's CA in `NODE_EXTRA_CA_CERTS`, and check the clock";
    const finding = await each(patient, secure, remedy, async (server, way) => {
      const found = await openTls(server, proxyOf(server, patient.runtime), patient.stepMs);
      const signer = found.issuer?.O ?? found.issuer?.CN ?? "nobody that it names";
      return `${server.host}${way}, certificate by ${signer}`;
    });
    if (finding.status === "fail") {
      return isLost ? { ...finding, detail: `${finding.detail} ${lost}.` } : finding;
    }
    if (env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
      return {
        status: "warn",
        detail: "`NODE_TLS_REJECT_UNAUTHORIZED=0` is set: your login would go to whoever answers.",
        next: "unset NODE_TLS_REJECT_UNAUTHORIZED",
      };
    }
    if (isLost) return { status: "warn", detail: `${lost}; Node ignores it.`, next: remedy };
    return extra === ""
      ? finding
      : { ...finding, detail: `${finding.detail} \`NODE_EXTRA_CA_CERTS\` is \`${extra}\`.` };
  },
};

/** The same step to each server; the first that fails is the finding. */
async function each(
  { runtime }: Patient,
  servers: readonly Server[],
  remedy: string,
  step: (server: Server, way: string) => Promise<string>,
): Promise<Finding> {
  const done: string[] = [];
  for (const server of servers) {
    const via = proxyOf(server, runtime);
    try {
      done.push(await step(server, via === undefined ? "" : ` through ${via.shown}`));
    } catch (error) {
      const fault = networkFaultOf(error);
      return {
        status: "fail",
        detail: `\`${server.host}:${server.port}\`: ${fault.reason}.`,
        next: remedyFor(fault, server, remedy),
      };
    }
  }
  return { status: "ok", detail: `${done.join("; ")}.` };
}

function remedyFor({ layer }: NetworkFault, { host, setting }: Server, remedy: string): string {
  if (layer === "proxy") return "Check the address, user name and password in `HTTPS_PROXY`";
  if (layer === "connect" && isThisMachine(host)) {
    return `Start what should listen there, or change \`${setting}\``;
  }
  return remedy;
}

const isTrue = (): boolean => true;
const isFalse = (): boolean => false;
