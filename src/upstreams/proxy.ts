/**
 * Which proxy the environment names for a server: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, in lower
 * and upper case. Pure; opens nothing. A server of this machine is never behind a proxy.
 */
import { RelayError } from "../errors.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface ProxyServer {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Is the proxy itself spoken to over TLS? */
  readonly isSecure: boolean;
  /** `proxy.example:3128`, for messages: no user name, no password. */
  readonly shown: string;
  /** The name of the variable that it comes from. */
  readonly variable: string;
  /** Value of `proxy-authorization`. Not enumerable: neither `inspect` nor JSON shows it. */
  readonly authorization: string | undefined;
}

/** In the order in which they count. `HTTP_PROXY` stands in, as it does for Node's own `fetch`. */
const variables = {
  "https:": ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"],
  "http:": ["http_proxy", "HTTP_PROXY"],
} as const;

export const proxyVariables: readonly string[] = variables["https:"];

/** The proxy for calls to this address. Throws `config_invalid` when one is named that cannot be used. */
export function proxyFor(url: string, env: Env): ProxyServer | undefined {
  const target = new URL(url);
  if (isThisMachine(target.hostname)) return undefined;
  const names = target.protocol === "https:" ? variables["https:"] : variables["http:"];
  const variable = names.find((name) => isSet(env[name]));
  if (variable === undefined || isExempt(target, noProxyOf(env))) return undefined;
  return parseProxy(variable, env[variable] ?? "");
}

/** `NO_PROXY`; empty when there is none. */
export function noProxyOf(env: Env): string {
  return [env["no_proxy"], env["NO_PROXY"]].find(isSet) ?? "";
}

/** Does `NO_PROXY` name this server? A name covers what is below it; `*` covers everything. */
export function isExempt({ hostname, port, protocol }: URL, noProxy: string): boolean {
  const host = bare(hostname);
  const ownPort = port === "" ? (protocol === "https:" ? "443" : "80") : port;
  return noProxy
    .split(/[,\s]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      const [, name = "", only] = /^(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (only !== undefined && only !== ownPort) return false;
      const suffix = bare(name)
        .replace(/^\*?\./, "")
        .toLowerCase();
      return suffix !== "" && (host === suffix || host.endsWith(`.${suffix}`));
    });
}

/** The stand-in, and whatever else listens here: a proxy elsewhere would look for it on itself. */
export function isThisMachine(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|::1)\.?$/.test(bare(hostname));
}

/** `proxy.example:3128` is taken like `http://proxy.example:3128`, as curl does it. */
function parseProxy(variable: string, text: string): ProxyServer {
  const trimmed = text.trim();
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === "") {
    throw invalid(variable, "is not the address of a proxy");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw invalid(
      variable,
      `names a \`${url.protocol}//\` proxy, and only http and https proxies are spoken`,
    );
  }
  const isSecure = url.protocol === "https:";
  const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
  const proxy = {
    host: bare(url.hostname),
    port,
    isSecure,
    shown: `${url.hostname}:${port}`,
    variable,
    authorization: undefined,
  };
  const value = basicOf(variable, url);
  return Object.defineProperty(proxy, "authorization", { value, enumerable: false });
}

function basicOf(variable: string, { username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString("base64")}`;
  } catch {
    // The reason would repeat the text that did not decode, which is the password.
    throw invalid(variable, "has a user name or password with a `%` that has to be written `%25`");
  }
}

/** Never with the value, which may hold a password. */
function invalid(variable: string, what: string): RelayError {
  return new RelayError("config_invalid", `The environment variable \`${variable}\` ${what}.`, {
    hint: `Write it as \`http://proxy.example:3128\`, or unset it`,
  });
}

function bare(hostname: string): string {
  return hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1");
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== "";
}
