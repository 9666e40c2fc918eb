/**
 * Which route a client means whose base URL is wrong: `/v1` twice or not at all, another program's
 * prefix, the whole address of a route in the place of the base. Finds it by the path's end. Pure.
 */

/** The path of the route that is meant; undefined when none is, or when the path is right. */
export type MeantPath = (path: string) => string | undefined;

/** No route has half as many parts, and the path is a stranger's. */
const mostParts = 16;
const bases = ["/v1", "/api", ""];
const withoutTools = "no-tools";

/** `paths` are those of the router, `:id` and `**` included. */
export function createMeantPath(paths: readonly string[]): MeantPath {
  const known = new RegExp(`^(${paths.map(toPattern).join("|")})$`);
  return (path) => {
    if (known.test(path)) return undefined;
    const parts = path.split("/", 2 * mostParts).filter((part) => part !== "");
    if (parts.length > mostParts) return undefined;
    const twin = parts.includes(withoutTools) ? `/${withoutTools}` : "";
    const named = parts.filter((part) => part !== withoutTools);
    for (let at = 0; at < named.length; at += 1) {
      const end = named.slice(at).join("/");
      for (const base of bases) {
        const meant = `${twin}${base}/${end}`;
        if (known.test(meant)) return meant;
      }
    }
    return undefined;
  };
}

function toPattern(path: string): string {
  return path
    .replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll(/:\w+/g, "[^/]+")
    .replaceAll("**", ".+");
}
