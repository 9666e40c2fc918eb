/** An address to listen on, as a person writes it: `127.0.0.1:11434`, `:11434`, `[::1]:11434`. */

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** The address, or undefined when the text is none. A port alone means this machine. */
export function parseAddress(text: string): ListenAddress | undefined {
  const [, bracketed, name, digits = ""] =
    /^(?:\[([0-9a-f:]+)\]:|([\w.-]*):)?(\d{1,5})$/i.exec(text.trim()) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65_535) return undefined;
  return { host: bracketed || name || "127.0.0.1", port };
}
