/**
 * Loaded into the relay and the pipe alike, ahead of their own code: tells the run what the process
 * has used. `/proc` counts processor time in ticks of 10 ms, this in microseconds, on every system.
 */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Usage } from "./programs.ts";

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return { cpuSeconds: (user + system) / 1e6, rss, heapUsed, peakRss: peakRss() };
}

/** Linux's `maxRSS` begins with the size of the process that started this one; `VmHWM` is its own. */
function peakRss(): number {
  const { maxRSS } = process.resourceUsage();
  if (process.platform !== "linux") return maxRSS * 1024;
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes ?? maxRSS) * 1024;
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}

process.on("message", (asked) => {
  if (asked === "collect") collectGarbage();
  process.send?.({ usage: usage() });
});
process.on("disconnect", () => process.exit());
// Being ready to answer must not keep the process alive.
process.channel?.unref();
