// Completes package-lock.json with the packages of other platforms.
//
// npm leaves an optional package out of the lock when the registry that it asked does not have it,
// and `npm ci` then refuses the lock on every machine. A mirror may lack packages of platforms that
// nobody there uses. This adds them by the name and version that their parent pins; they have no
// integrity hash until the lock is written against a registry that has them.
//
//   node .ci/complete-lock.mjs            writes package-lock.json
//   node .ci/complete-lock.mjs --check    exits 1 and names what is missing
import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));
const packages = lock.packages;

/** Where Node would look for the dependency of a package, nearest first. */
function placesOf(parent, name) {
  const places = [];
  for (
    let at = parent;
    at !== "";
    at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))
  ) {
    places.push(`${at}/node_modules/${name}`);
    if (!at.includes("/node_modules/")) break;
  }
  return [...places, `node_modules/${name}`];
}

function entryOf(name, version, isDev) {
  const os = /android|darwin|freebsd|linux|openbsd|netbsd|openharmony|sunos|win32|aix/.exec(
    name,
  )?.[0];
  const cpu = /arm64|x64|ia32|riscv64|ppc64|s390x|loong64|mips64el|wasm32|arm/.exec(
    name.replace("openharmony", ""),
  )?.[0];
  const libc = name.includes("musl") ? "musl" : os === "linux" && name.includes("gnu") && "glibc";
  return {
    version: version.replace(/^[\^~]/, ""),
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(isDev ? { dev: true } : {}),
    ...(libc ? { libc: [libc] } : {}),
    optional: true,
    ...(os ? { os: [os] } : {}),
  };
}

const added = [];
for (const [parent, entry] of Object.entries(packages)) {
  if (parent === "") continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (placesOf(parent, name).some((place) => packages[place])) continue;
    packages[`node_modules/${name}`] = entryOf(name, version, entry.dev);
    added.push(`${name}@${version}`);
  }
}
if (process.argv.includes("--check")) {
  if (added.length > 0) {
    console.error(`package-lock.json lacks: ${added.join(", ")}`);
    console.error("Run: node .ci/complete-lock.mjs");
    process.exit(1);
  }
} else {
  lock.packages = Object.fromEntries(
    Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`Added ${added.length} packages.`);
}
