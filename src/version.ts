/** The version of this package, taken from package.json when the bundle is built. */
import packageJson from "../package.json" with { type: "json" };

export const version: string = packageJson.version;
